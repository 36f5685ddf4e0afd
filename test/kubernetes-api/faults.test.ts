import { Agent, get } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { METRICS_DOWN } from './faults.ts';
import { DEPLOYMENTS_PATH, deployment } from './fixtures.ts';
import { at } from './json.ts';
import { DEPLOYMENTS } from './resource-types.ts';
import { call } from './target.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop'], controllers: false });
  server.objects.create(DEPLOYMENTS, deployment('web'));
});
afterAll(() => server.close());
afterEach(() => server.faults.clear());

const WEB = `${DEPLOYMENTS_PATH}/web`;
const scaleTo = (replicas: number) =>
  call(server, 'PATCH', WEB, { body: { spec: { replicas } }, type: 'application/merge-patch+json' });
const replicas = () => at(server.objects.must(DEPLOYMENTS, 'shop', 'web'), 'spec', 'replicas');

describe('a fault', () => {
  it('meets as many requests as it is told to, and counts them', async () => {
    const fault = server.faults.add({ verb: 'get', name: 'web' }, { kind: 'status', code: 503 }, 2);
    const codes = [];
    for (let index = 0; index < 3; index += 1) codes.push((await call(server, 'GET', WEB)).code);
    expect(codes).toEqual([503, 503, 200]);
    expect(fault.hits).toBe(2);
  });

  it('meets only what it matches', async () => {
    server.faults.add({ verb: ['patch', 'update'], resource: 'deployments' }, { kind: 'status', code: 409 });
    server.faults.add({ path: /^\/api\/v1\/pods/ }, { kind: 'status', code: 500 });
    expect((await call(server, 'GET', WEB)).code).toBe(200);
    expect((await scaleTo(4)).body).toMatchObject({ kind: 'Status', reason: 'Conflict', code: 409 });
    expect((await call(server, 'GET', '/api/v1/pods')).code).toBe(500);
  });

  it('can be a 429 with Retry-After, in plain text as the API server sends it', async () => {
    server.faults.add({}, { kind: 'status', code: 429, retryAfterSeconds: 7 }, 1);
    const reply = await call(server, 'GET', WEB);
    expect(reply.code).toBe(429);
    expect(reply.headers['retry-after']).toBe('7');
    expect(reply.text).toBe('Too many requests, please try again later.\n');
  });

  it('can break the connection before, after or in the middle of an applied patch', async () => {
    const before = replicas();
    server.faults.add({ verb: 'patch' }, { kind: 'drop', when: 'before' }, 1);
    await expect(scaleTo(11)).rejects.toThrow();
    expect(replicas()).toBe(before);
    server.faults.add({ verb: 'patch' }, { kind: 'drop', when: 'after' }, 1);
    await expect(scaleTo(12)).rejects.toThrow();
    expect(replicas()).toBe(12);
    server.faults.add({ verb: 'patch' }, { kind: 'drop', when: 'midway' }, 1);
    await expect(scaleTo(13)).rejects.toThrow();
    expect(replicas()).toBe(13);
  });

  it('can leave a request without an answer', async () => {
    server.faults.add({ name: 'web' }, { kind: 'hang' }, 1);
    const hanging = call(server, 'GET', WEB).then(
      () => 'answered',
      () => 'broken',
    );
    const waited = new Promise<string>((resolve) => setTimeout(resolve, 60, 'waiting'));
    expect(await Promise.race([hanging, waited])).toBe('waiting');
    await server.stop();
    expect(await hanging).toBe('broken');
    await server.start();
  });

  it('can answer with the page of a proxy', async () => {
    const text = '<html>502</html>';
    server.faults.add({}, { kind: 'body', code: 200, contentType: 'text/html', text }, 1);
    expect((await call(server, 'GET', WEB)).text).toBe(text);
  });

  it('can be a metrics server that is down', async () => {
    server.faults.add({ path: /^\/apis\/metrics/ }, METRICS_DOWN);
    const reply = await call(server, 'GET', '/apis/metrics.k8s.io/v1beta1/pods');
    expect([reply.code, reply.text]).toEqual([503, 'service unavailable\n']);
  });

  it('can be slowness', async () => {
    server.faults.add({}, { kind: 'slow', milliseconds: 50 }, 1);
    const start = performance.now();
    expect((await call(server, 'GET', WEB)).code).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(45);
  });
});

describe('the server', () => {
  it('counts handshakes: one for many requests with keep-alive', async () => {
    const before = server.handshakes;
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: server.ca });
    for (let index = 0; index < 5; index += 1) await read(agent);
    expect(server.handshakes - before).toBe(1);
    expect(server.connections).toBeGreaterThan(0);
    agent.destroy();
  });

  it('logs every request with its route and answer', async () => {
    server.requests.length = 0;
    await call(server, 'GET', `${WEB}?x=1`, { agent: 'someone/2.0' });
    await call(server, 'GET', '/nothing');
    expect(server.requests).toMatchObject([
      { method: 'GET', path: WEB, code: 200, userAgent: 'someone/2.0', route: { verb: 'get', name: 'web' } },
      { path: '/nothing', code: 404, route: undefined },
    ]);
    expect(server.count({ verb: 'get', resource: 'deployments' })).toBe(1);
    expect(server.count({ verb: 'patch' })).toBe(0);
  });

  it('comes back on the same port with everything in it', async () => {
    const { url } = server;
    await server.stop();
    await expect(call(server, 'GET', WEB)).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(server.url).toBe(url);
    expect((await call(server, 'GET', WEB)).code).toBe(200);
  });
});

const read = (agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.token}` };
    get(`${server.url}${WEB}`, { agent, headers }, (response) => {
      response.resume();
      response.on('end', resolve);
    }).on('error', reject);
  });
