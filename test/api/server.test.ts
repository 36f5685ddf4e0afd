import { connect } from 'node:net';
import { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { NOW } from './fixtures.ts';
import { type TestDaemon, testDaemon } from './test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;
let log: string;

beforeEach(async () => {
  daemon = testDaemon();
  log = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      log += String(chunk);
      done();
    },
  });
  server = await buildServer(daemon, { version: '1.2.3', logger: { level: 'info', stream } });
});
afterEach(() => server.close());

describe('the server', () => {
  it('is alive with its version', async () => {
    expect((await server.inject({ url: '/healthz' })).json()).toEqual({
      status: 'ok',
      version: '1.2.3',
      time: NOW,
    });
  });

  it('is ready, or says why it is not', async () => {
    expect((await server.inject({ url: '/readyz' })).json()).toEqual({ status: 'ready' });
    daemon.notReady.push('the store is not open', 'no configuration');
    const answer = await server.inject({ url: '/readyz' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      type: 'urn:dta-slo:problem:not-ready',
      detail: 'the store is not open; no configuration',
    });
  });

  it('answers an unknown address with a problem document', async () => {
    const answer = await server.inject({ url: '/nope' });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ type: 'urn:dta-slo:problem:not-found', status: 404 });
  });

  it.each([
    ['DELETE', '/requests', 'POST'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['PUT', '/allocations', 'GET, HEAD, POST'],
    ['GET', '/services/auth-service/usage', 'POST'],
    ['PATCH', '/', 'GET, HEAD'],
  ] as const)('answers %s %s with 405 and the methods that there are', async (method, url, allow) => {
    const answer = await server.inject({
      method,
      url,
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.json().errors).toEqual([{ where: 'method', found: method, allowed: allow }]);
  });

  it('answers a failure of its own without its cause, and logs that', async () => {
    daemon.latestDecision = () => {
      throw new Error('SELECT failed at /secret/path');
    };
    const answer = await server.inject({ url: '/allocations' });
    expect(answer.statusCode).toBe(500);
    expect(answer.json().type).toBe('urn:dta-slo:problem:internal-error');
    expect(answer.body).not.toContain('secret');
    expect(log).toContain('/secret/path');
  });

  it('answers a failed pass the same way', async () => {
    daemon.runPass = () => Promise.reject(new Error('at /secret/path'));
    const answer = await server.inject({ method: 'POST', url: '/allocations' });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
  });

  it('writes no log line for a request that went well', async () => {
    await server.inject({ url: '/healthz' });
    expect(log).toBe('');
  });

  it('answers an address that cannot be decoded with a problem document', async () => {
    const answer = await server.inject({ url: '/allocations/%zz' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ status: 400, type: 'urn:dta-slo:problem:invalid-request' });
  });

  it('answers what is no HTTP at all and goes on', async () => {
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = new URL(server.listeningOrigin);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GARBAGE\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${server.listeningOrigin}/healthz`)).status).toBe(200);
  });

  it('allows no other origin', async () => {
    const answer = await server.inject({
      url: '/allocations',
      headers: { origin: 'https://elsewhere.example' },
    });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
