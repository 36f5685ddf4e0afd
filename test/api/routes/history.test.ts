import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { NOW, testDecision } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '0.0.0' });
  for (let i = 1; i <= 50; i += 1)
    daemon.decisions.push(testDecision(`d${i}`, 'interval', NOW - 300 * (50 - i)));
});
afterEach(() => server.close());

async function page(query: string) {
  const answer = await server.inject({ url: `/allocations/history${query}` });
  const body = answer.json();
  return {
    status: answer.statusCode,
    body,
    ids: body.decisions?.map((d: { decision_id: string }) => d.decision_id),
  };
}

describe('GET /allocations/history', () => {
  it('gives the newest twenty first and where the next page begins', async () => {
    const { ids, body } = await page('');
    expect(ids).toHaveLength(20);
    expect([ids[0], ids[19], body.next]).toEqual(['d50', 'd31', 'd31']);
    expect(body.decisions[0]).toMatchObject({
      generated_at: NOW,
      services: [{ id: 'auth-service' }, {}],
      status: 'decided',
    });
  });

  it('gives every decision once when its pages are followed to the end', async () => {
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const { ids, body } = await page(`?limit=7${next === null ? '' : `&before=${next}`}`);
      seen.push(...ids);
      next = body.next;
    } while (next !== null);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => `d${50 - i}`));
  });

  it('has no next page when the last one is just full', async () => {
    expect((await page('?limit=50')).body.next).toBeNull();
  });

  it('filters by the service that was changed', async () => {
    expect((await page('?service=auth-service')).ids).toHaveLength(20);
    expect((await page('?service=payment-service')).ids).toEqual([]);
  });

  it.each([
    ['?limit=0', 'limit', 'a whole number of at least 1 and at most 100'],
    ['?limit=101', 'limit', 'a whole number of at least 1 and at most 100'],
    ['?limit=ten', 'limit', 'a whole number of at least 1 and at most 100'],
    ['?limit=2.5', 'limit', 'a whole number of at least 1 and at most 100'],
    ['?before=', 'before', 'the `decision_id`'],
    ['?service=', 'service', 'a name of 1 to 253 characters'],
    ['?after=d1', 'after', 'one of limit, before, service'],
  ])('refuses %s', async (query, where, allowed) => {
    const { status, body } = await page(query);
    expect(status).toBe(400);
    expect(body.errors[0].where).toBe(where);
    expect(body.errors[0].allowed).toContain(allowed);
  });
});
