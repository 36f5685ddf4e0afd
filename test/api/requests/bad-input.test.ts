/** What bad input gets: a clear 4xx problem document that says where, found and allowed. */
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { testSettings } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';
import { BAD_RECORDS, GOOD } from './bad-records.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '0.0.0' });
});
afterEach(() => server.close());

function post(payload: string, type = 'application/json') {
  return server.inject({ method: 'POST', url: '/requests', payload, headers: { 'content-type': type } });
}

describe('a record with', () => {
  it.each(BAD_RECORDS)(
    '%s is refused, saying where, what was found and what is allowed',
    async (_, bad, where, found, allowed) => {
      const answer = await post(bad.startsWith('[') || bad === 'null' ? `[${bad}]` : bad);

      expect(answer.statusCode).toBe(400);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      const problem = answer.json();
      expect(problem).toMatchObject({ type: 'urn:dta-slo:problem:no-record-accepted', status: 400 });
      expect(problem.errors[0].where).toBe(where === 'record' ? '[0]' : `[0].${where}`);
      expect(problem.errors[0].found).toContain(found);
      expect(problem.errors[0].allowed).toContain(allowed);
      expect(problem.rejected).toHaveLength(1);
      expect(problem.rejected[0]).toMatchObject({ index: 0, error: expect.stringContaining(where) });
      expect(daemon.traffic.stats.accepted).toBe(0);
    },
  );

  it.each(BAD_RECORDS)('%s costs only itself in a batch', async (_, bad, where) => {
    for (const [body, type] of [
      [`[${GOOD},${bad},${GOOD}]`, 'application/json'],
      [`{"requests":[${GOOD},${bad},${GOOD}]}`, 'application/json'],
      [`${GOOD}\n${bad}\n${GOOD}\n`, 'application/x-ndjson'],
    ] as const) {
      const before = daemon.traffic.stats.accepted;
      const answer = await post(body, type);
      expect(answer.statusCode).toBe(202);
      const { accepted, rejected } = answer.json();
      expect(accepted).toBe(2);
      expect(rejected).toHaveLength(1);
      expect(rejected[0].index).toBe(1);
      expect(rejected[0].error).toContain(where);
      expect(daemon.traffic.stats.accepted).toBe(before + 2);
    }
  });
});

describe('a body that', () => {
  it('is malformed JSON is refused with the place of the fault', async () => {
    const answer = await post('{"chain_id": order}');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      type: 'urn:dta-slo:problem:invalid-json',
      errors: [{ where: 'body', allowed: 'valid JSON', found: expect.stringContaining('Unexpected token') }],
    });
  });

  it('has NaN in it is malformed JSON', async () => {
    expect((await post('{"chain_id":"order-processing","response_time":NaN}')).statusCode).toBe(400);
  });

  it('is empty is refused', async () => {
    expect((await post('')).statusCode).toBe(400);
  });

  it('is over the limit is refused with the limit and the way out', async () => {
    const answer = await post(`[${Array(20_000).fill(GOOD).join(',')}]`);
    expect(answer.statusCode).toBe(413);
    const [error] = answer.json().errors;
    expect(error.found).toMatch(/^\d+ bytes$/);
    expect(error.allowed).toContain('at most 1048576 bytes');
    expect(error.allowed).toContain('application/x-ndjson');
    expect(daemon.traffic.stats.accepted).toBe(0);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'is %s is refused with the types that are understood',
    async (type) => {
      const answer = await post(GOOD, type);
      expect(answer.statusCode).toBe(415);
      expect(answer.json().errors).toEqual([
        { where: 'content-type', found: `"${type}"`, allowed: 'application/json or application/x-ndjson' },
      ]);
    },
  );

  it.each(['application/json', 'application/x-ndjson', 'application/x-www-form-urlencoded', undefined])(
    'is not there, as %s, is refused as nothing',
    async (type) => {
      const headers = type === undefined ? {} : { 'content-type': type, 'content-length': '0' };
      const answer = await server.inject({ method: 'POST', url: '/requests', payload: '', headers });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().detail).toMatch(/^body: found nothing, allowed: a record/);
    },
  );

  it('has lines that are no JSON is refused with the number of the line alone', async () => {
    const answer = await post('half\n{"record":1}', 'application/x-ndjson');
    expect(answer.json().errors[0]).toMatchObject({ where: '[0]', found: '"half", which is not JSON' });
    expect(answer.json().errors[1]).toMatchObject({ where: '[1].record', found: 'an unknown key' });
  });

  it.each(['application/json', 'application/x-ndjson'])(
    'is compressed %s is refused as such',
    async (type) => {
      const headers = { 'content-type': type, 'content-encoding': 'gzip' };
      const answer = await server.inject({
        method: 'POST',
        url: '/requests',
        payload: gzipSync(GOOD),
        headers,
      });
      expect(answer.statusCode).toBe(415);
      expect(answer.json().errors).toEqual([
        { where: 'content-encoding', found: '"gzip"', allowed: 'identity' },
      ]);
    },
  );

  it('has an envelope with other keys is refused', async () => {
    const answer = await post(`{"requests":[${GOOD}],"more":1}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual([
      { where: 'more', found: 'an unknown key', allowed: 'requests alone' },
    ]);
    expect(daemon.traffic.stats.accepted).toBe(0);
  });

  it('has an envelope without an array is refused', async () => {
    const answer = await post('{"requests":{}}');
    expect(answer.json().errors).toEqual([
      { where: 'requests', found: 'an object', allowed: 'an array of records' },
    ]);
  });

  it('has more bad records than are listed tells how many there were', async () => {
    const answer = await post(`[${GOOD},${Array(150).fill('{}').join(',')}]`);
    const { accepted, rejected, rejected_count } = answer.json();
    expect([accepted, rejected.length, rejected_count]).toEqual([1, 100, 150]);
  });
});

describe('a new pair of names', () => {
  it('is refused when all series are taken, and says which setting bounds them', async () => {
    const settings = testSettings();
    daemon = testDaemon({
      ...settings,
      monitoring: { ...settings.monitoring, unknown: 'learn', maxSeries: 1 },
    });
    server = await buildServer(daemon, { version: '0.0.0' });
    expect((await post(GOOD)).statusCode).toBe(202);
    const answer = await post('{"service_id":"new","chain_id":"new","response_time":1}');
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain('monitoring.max_series');
  });

  it('is learned when the configuration says so', async () => {
    const settings = testSettings();
    daemon = testDaemon({ ...settings, monitoring: { ...settings.monitoring, unknown: 'learn' } });
    server = await buildServer(daemon, { version: '0.0.0' });
    expect((await post('{"service_id":"new","chain_id":"new","response_time":1}')).statusCode).toBe(202);
  });

  it('lists at most twenty of the known names', async () => {
    const settings = testSettings();
    const chain = [...settings.topology.chains.values()][0]!;
    const chains = new Map(
      Array.from({ length: 50 }, (_, i) => [`chain-${i}`, { ...chain, id: `chain-${i}` }]),
    );
    daemon = testDaemon({ ...settings, topology: { ...settings.topology, chains } });
    server = await buildServer(daemon, { version: '0.0.0' });
    const { errors } = (await post('{"chain_id":"nowhere","response_time":1}')).json();
    expect(errors[0].allowed).toContain('chain-19 and 30 more');
    expect(errors[0].allowed).not.toContain('chain-20');
  });
});
