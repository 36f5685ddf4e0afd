import { once } from 'node:events';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionLimits } from '../../src/api/connections.ts';
import { buildServer } from '../../src/api/server.ts';
import { testDaemon } from '../api/test-daemon.ts';
import { eventually } from '../eventually.ts';
import { pause, statusOf } from './kit.ts';
import { parsedAnswer, postHead, type RawClient, rawClient, SLOW_HEADERS, trickle } from './sockets.ts';

let server: FastifyInstance;
let log = '';
const clients: RawClient[] = [];

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  const closed = server.close();
  // A connection that was opened ahead of a request is not idle to Node.js; the daemon ends such after 10 s.
  server.server.closeAllConnections();
  await closed;
});

async function listening(limits: Partial<ConnectionLimits> = {}): Promise<string> {
  log = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      log += String(chunk);
      done();
    },
  });
  const options = { version: '1', logger: { level: 'info', stream }, limits: { checkingMs: 50, ...limits } };
  server = await buildServer(testDaemon(), options);
  return await server.listen({ host: '127.0.0.1', port: 0 });
}

function open(url: string, text: string): RawClient {
  const client = rawClient(url, text);
  clients.push(client);
  return client;
}

const RECORD = '{"chain_id":"order-processing","response_time":0.1}';
const TYPE = 'application/problem+json; charset=utf-8';

function post(url: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return fetch(`${url}/requests`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

describe('slow clients', () => {
  it('that trickle their headers are told 408 and closed, while others are served', async () => {
    const url = await listening({ headersMs: 500 });
    const slow = Array.from({ length: 200 }, () => open(url, SLOW_HEADERS));
    for (const client of slow) trickle(client, 'x', 100);
    expect((await post(url, RECORD)).status).toBe(202);
    const answers = (await Promise.all(slow.map(({ answer }) => answer))).map(parsedAnswer);
    for (const { status, type, body } of answers) {
      expect({ status, type }).toEqual({ status: 408, type: TYPE });
      expect(body).toMatchObject({ type: 'urn:dta-slo:problem:request-timeout', status: 408 });
    }
    expect(await connections()).toBeLessThan(5);
  });

  it('that say nothing at all are closed', async () => {
    const url = await listening({ headersMs: 300 });
    expect(parsedAnswer(await open(url, '').answer).status).toBe(408);
  });

  it('are not those who rest between two requests on one connection', async () => {
    const url = await listening({ headersMs: 200, requestMs: 400 });
    const get = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const client = open(url, get);
    await pause(700);
    client.socket.write(get);
    await pause(100);
    client.socket.end();
    expect((await client.answer).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  it('that trickle a body are told 408 and closed', async () => {
    const url = await listening({ headersMs: 300, requestMs: 600 });
    const json = open(url, `${postHead('application/json', 'content-length: 1000')}{"chain_id":"`);
    const ndjson = open(url, `${postHead('application/x-ndjson', 'content-length: 1000')}${RECORD}\n`);
    for (const client of [json, ndjson]) trickle(client, 'x', 50);
    expect((await post(url, RECORD)).status).toBe(202);
    for (const { answer } of [json, ndjson]) expect(parsedAnswer(await answer).status).toBe(408);
  });

  it('that have gone quiet in a body are closed', async () => {
    const url = await listening({ silenceMs: 300 });
    const quiet = open(url, `${postHead('application/json', 'content-length: 1000')}{`);
    await quiet.answer;
    expect(await connections()).toBe(0);
  });

  it('take no more connections than there may be: the one that asked longest ago goes', async () => {
    const url = await listening({ connections: 50 });
    const slow = Array.from({ length: 200 }, () => open(url, SLOW_HEADERS));
    await pause(200);
    expect(await connections()).toBeLessThanOrEqual(50);
    for (let call = 0; call < 20; call += 1) expect((await post(url, RECORD)).status).toBe(202);
    expect(slow.filter(({ socket }) => socket.closed).length).toBeGreaterThanOrEqual(150);
  });

  it('on large bodies and streams make room for others when all are taken', async () => {
    const url = await listening();
    // 256 MiB of bodies of 1 MiB at most.
    const json = Array.from({ length: 256 }, () =>
      open(url, `${postHead('application/json', 'content-length: 100000')}[`),
    );
    const streams = Array.from({ length: 256 }, () =>
      open(url, `${postHead('application/x-ndjson', 'transfer-encoding: chunked')}1\r\n \r\n`),
    );
    await eventually(async () => expect(await connections()).toBe(512));
    await pause(200);
    const large = `[${Array.from({ length: 1000 }, () => RECORD)}]`;
    const lines = `${RECORD}\n`.repeat(10);
    const early = await post(url, large);
    expect(early.status).toBe(429);
    expect(early.headers.get('retry-after')).toBe('1');
    // A small body needs no room.
    expect((await post(url, RECORD)).status).toBe(202);
    await pause(2000);
    expect((await post(url, large)).status).toBe(202);
    expect((await post(url, lines, { 'content-type': 'application/x-ndjson' })).status).toBe(202);
    expect(parsedAnswer(await Promise.race(json.map(({ answer }) => answer))).status).toBe(408);
    expect(parsedAnswer(await Promise.race(streams.map(({ answer }) => answer))).status).toBe(408);
    expect([...json, ...streams].filter(({ socket }) => socket.closed)).toHaveLength(2);
  });
});

describe('what is no request', () => {
  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400, 'malformed-request'],
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`, 431, 'headers-too-large'],
    [
      'a length that is no number',
      postHead('application/json', 'content-length: ten'),
      400,
      'malformed-request',
    ],
    ['a negative length', postHead('application/json', 'content-length: -1'), 400, 'malformed-request'],
    [
      'two lengths',
      postHead('application/json', 'content-length: 2\r\ncontent-length: 3'),
      400,
      'malformed-request',
    ],
    [
      'a length and chunks',
      postHead('application/json', 'content-length: 2\r\ntransfer-encoding: chunked'),
      400,
      'malformed-request',
    ],
    [
      'a chunk of no size',
      `${postHead('application/json', 'transfer-encoding: chunked')}zz\r\n`,
      400,
      'malformed-request',
    ],
    ['a version that is unknown', 'GET / HTTP/9.9\r\n\r\n', 400, 'malformed-request'],
  ])('%s is answered with a problem document, and the server goes on', async (_what, text, status, kind) => {
    const url = await listening();
    const answer = parsedAnswer(await open(url, text).answer);
    expect(answer).toMatchObject({ status, type: TYPE });
    expect(answer.body).toMatchObject({ type: `urn:dta-slo:problem:${kind}`, status });
    expect(await statusOf(url, '/healthz')).toBe(200);
  });

  it('a body that ends before its length counts nothing', async () => {
    const url = await listening();
    const client = open(url, postHead('application/json', 'content-length: 1000') + RECORD);
    client.socket.end();
    expect(parsedAnswer(await client.answer)).toMatchObject({ status: 400, type: TYPE });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('dta_slo_records_accepted_total 0');
  });

  it('a body that is longer than its length is counted once, and what follows it is refused', async () => {
    const url = await listening();
    const length = `content-length: ${RECORD.length}`;
    const text = await open(url, `${postHead('application/json', length)}${RECORD}${RECORD}\r\n\r\n`).answer;
    expect(text).toMatch(/HTTP\/1\.1 400 .*malformed-request/s);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('dta_slo_records_accepted_total 1');
  });

  it('a client that closes its half is still answered', async () => {
    const url = await listening();
    const client = open(url, postHead('application/json', `content-length: ${RECORD.length}`) + RECORD);
    client.socket.end();
    expect(await client.answer).toMatch(/^HTTP\/1\.1 202 /);
  });

  it('floods the log with no lines, however much of it comes', async () => {
    const url = await listening();
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await open(url, 'GARBAGE\r\n\r\n').answer;
        await post(url, '{"nonsense"');
        await post(
          url,
          `[${Array.from({ length: 100 }, () => '{"chain_id":"unknown","response_time":-1}')}]`,
        );
        await statusOf(url, `/unknown-${index}`);
        open(url, `${postHead('application/x-ndjson', 'content-length: 100')}{`).socket.destroy();
      }),
    );
    await pause(50);
    expect(log.split('\n').filter((line) => line !== '' && !line.includes('Server listening'))).toEqual([]);
  });
});

describe('too much', () => {
  it('a body that says it is 100 MB is refused at once, and a compressed one whatever it unpacks to', async () => {
    const url = await listening();
    const client = open(url, postHead('application/json', 'content-length: 104857600'));
    const [chunk] = await once(client.socket, 'data');
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 413 .*body-too-large/s);
    const bomb = gzipSync(Buffer.alloc(20_000_000, ' '));
    for (const type of ['application/json', 'application/x-ndjson']) {
      const answer = await post(url, bomb, { 'content-encoding': 'gzip', 'content-type': type });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({ type: 'urn:dta-slo:problem:unsupported-media-type' });
    }
  });
});

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
