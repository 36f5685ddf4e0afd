import { once } from 'node:events';
import { request } from 'node:http';
import { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { NOW } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

const RECORD = { service_id: 'auth-service', chain_id: 'order-processing', response_time: 0.1 };
const LINE = JSON.stringify(RECORD);

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
  server = await buildServer(daemon, { version: '0.0.0', logger: { level: 'info', stream } });
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => {
  server.server.closeAllConnections();
  return server.close();
});

function untilAccepted(count: number) {
  return vi.waitFor(() => expect(daemon.traffic.stats.accepted).toBe(count), {
    timeout: 20_000,
    interval: 5,
  });
}

async function post(body: string, type = 'application/json') {
  const answer = await fetch(`${server.listeningOrigin}/requests`, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: parsed(await answer.text()),
  };
}

interface Answer {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly error: string }[];
  readonly errors: readonly { readonly where: string; readonly found: string; readonly allowed: string }[];
}

function parsed(text: string): Answer {
  return JSON.parse(text);
}

/** An NDJSON request whose body is sent piece by piece. */
function openStream() {
  const { port } = new URL(server.listeningOrigin);
  const headers = { 'content-type': 'application/x-ndjson' };
  const sending = request({ host: '127.0.0.1', port, path: '/requests', method: 'POST', headers });
  const answer = once(sending, 'response').then(async ([response]) => {
    let text = '';
    for await (const part of response) text += String(part);
    return { status: Number(response.statusCode), body: parsed(text) };
  });
  return { sending, answer };
}

describe('POST /requests', () => {
  it('takes one record', async () => {
    expect(await post(LINE)).toEqual({
      status: 202,
      type: 'application/json; charset=utf-8',
      body: { accepted: 1, rejected: [] },
    });
    expect(daemon.traffic.stats.accepted).toBe(1);
  });

  it.each([
    ['an array', `[${LINE},${LINE}]`, 'application/json'],
    ['an envelope', `{"requests":[${LINE},${LINE}]}`, 'application/json'],
    ['lines', `${LINE}\n${LINE}`, 'application/x-ndjson'],
    ['lines as jsonl', `${LINE}\n${LINE}`, 'application/jsonl'],
    ['lines as jsonlines', `${LINE}\n${LINE}`, 'application/x-jsonlines'],
    ['lines after a byte order mark', `\ufeff${LINE}\n${LINE}`, 'application/x-ndjson'],
    ['an array after a byte order mark', `\ufeff[${LINE},${LINE}]`, 'application/json'],
    ['lines with carriage returns and blank ones', `${LINE}\r\n\r\n${LINE}\r\n`, 'application/ndjson'],
  ])('takes %s of two', async (_, body, type) => {
    expect(await post(body, type)).toMatchObject({ status: 202, body: { accepted: 2, rejected: [] } });
    expect(daemon.traffic.stats.accepted).toBe(2);
  });

  it.each([
    ['[]', 'application/json'],
    ['{"requests":[]}', 'application/json'],
    ['\n', 'application/x-ndjson'],
  ])('answers that nothing was in %j as %s', async (body, type) => {
    expect(await post(body, type)).toMatchObject({ status: 202, body: { accepted: 0, rejected: [] } });
  });

  it('hands every figure of a record to the monitor', async () => {
    const intake = vi.spyOn(daemon.intake, 'recordRequest');
    await post(
      JSON.stringify({ ...RECORD, is_error: true, timestamp: NOW - 9, count: 7, cpu_seconds: 0.02 }),
    );
    expect(intake).toHaveBeenCalledExactlyOnceWith(
      'auth-service',
      'order-processing',
      0.1,
      true,
      NOW - 9,
      7,
      0.02,
    );
  });

  it.each([{}, { service_id: null }])(
    'takes a record with service %j as an end-to-end sample',
    async (service) => {
      const intake = vi.spyOn(daemon.intake, 'recordEndToEnd');
      await post(JSON.stringify({ ...service, chain_id: 'order-processing', response_time: 0.3, count: 2 }));
      expect(intake).toHaveBeenCalledExactlyOnceWith('order-processing', 0.3, undefined, undefined, 2);
    },
  );

  it('reads the settings of the moment, also after a reload', async () => {
    const { topology } = daemon.settings;
    daemon.settings = { ...daemon.settings, topology: { ...topology, chains: new Map() } };
    const { body } = await post('{"chain_id":"nope","response_time":1}');
    expect(body.errors[0]?.allowed).toBe('none, since none is configured');
  });
});

describe('an NDJSON stream', () => {
  it('is counted as it arrives, before it has ended', async () => {
    const { sending, answer } = openStream();
    sending.write(`${LINE}\n${LINE}\n${LINE.slice(0, 20)}`);
    await untilAccepted(2);
    sending.end(LINE.slice(20));
    expect(await answer).toEqual({ status: 202, body: { accepted: 3, rejected: [] } });
  });

  it('may be cut anywhere, within a character too', async () => {
    const { sending, answer } = openStream();
    const bytes = Buffer.from(`{"chain_id":"é€😀","response_time":1}\n${LINE}\n`);
    for (const byte of bytes) sending.write(Buffer.from([byte]));
    sending.end();
    const { body } = await answer;
    expect(body.accepted).toBe(1);
    expect(body.rejected[0]?.error).toContain('the unknown chain "é€😀"');
  });

  it('that ends within a line loses that line only', async () => {
    const { body } = await post(`${LINE}\n${LINE.slice(0, 30)}`, 'application/x-ndjson');
    expect(body.accepted).toBe(1);
    expect(body.rejected).toEqual([
      {
        index: 1,
        error: expect.stringMatching(/^line: found ".*", which is not JSON, allowed: one whole JSON object/),
      },
    ]);
  });

  it('loses a line that is too long and goes on behind it', async () => {
    const long = `{"chain_id":"${'x'.repeat(200_000)}","response_time":1}`;
    const { body } = await post(`${LINE}\n${long}\n${LINE}\n`, 'application/x-ndjson');
    expect(body.accepted).toBe(2);
    expect(body.rejected).toEqual([
      {
        index: 1,
        error: 'line: found more than 65536 characters, allowed: lines of at most 65536 characters',
      },
    ]);
  });

  it('may be longer than any body limit', async () => {
    const { sending, answer } = openStream();
    const chunk = `${LINE}\n`.repeat(5000);
    for (let i = 0; i < 8; i += 1) sending.write(chunk);
    sending.end();
    expect(await answer).toEqual({ status: 202, body: { accepted: 40_000, rejected: [] } });
  });

  it('without one good record is a problem', async () => {
    const { status, type, body } = await post('{}\n7\nhalf', 'application/x-ndjson');
    expect([status, type]).toEqual([400, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({
      type: 'urn:dta-slo:problem:no-record-accepted',
      rejected: [{ index: 0 }, { index: 1 }, { index: 2 }],
    });
  });

  it('that breaks off keeps what had arrived, and the daemon goes on', async () => {
    const { sending, answer } = openStream();
    answer.catch(() => undefined);
    sending.on('error', () => undefined);
    sending.write(`${LINE}\n${LINE}\n{"chain`);
    await untilAccepted(2);
    sending.destroy();
    expect(await post(LINE)).toMatchObject({ status: 202 });
    expect(daemon.traffic.stats.accepted).toBe(3);
    expect(log).not.toContain('request failed');
  });

  it('is refused when 256 others are being read', async () => {
    const streams = Array.from({ length: 256 }, openStream);
    for (const { sending } of streams) sending.write(`${LINE}\n`);
    await untilAccepted(256);
    const refused = await post(LINE, 'application/x-ndjson');
    expect(refused).toMatchObject({ status: 429, body: { type: 'urn:dta-slo:problem:too-many-requests' } });
    for (const { sending } of streams) sending.end();
    await Promise.all(streams.map(({ answer }) => answer));
    expect(await post(LINE, 'application/x-ndjson')).toMatchObject({ status: 202 });
  });
});
