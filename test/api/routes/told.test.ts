import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { NOW } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '0.0.0' });
});
afterEach(() => server.close());

async function tell(path: string, payload: string) {
  const headers = { 'content-type': 'application/json' };
  const answer = await server.inject({ method: 'POST', url: `/services/${path}`, payload, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe('POST /services/{service}/applied', () => {
  it('takes what runs for the capacity in force', async () => {
    const { status, body } = await tell('auth-service/applied', '{"cpu":1.5,"memory":512,"instances":3}');
    expect(status).toBe(200);
    expect(body).toEqual({
      service: 'auth-service',
      cpu: 1.5,
      memory: 512,
      instances: 3,
      source: 'applied',
      since: NOW,
    });
    expect(daemon.capacityInForce('auth-service')).toMatchObject({
      cpu: 1.5,
      memory: 512,
      instances: 3,
      source: 'applied',
    });
  });

  it('hints at the unit where a figure is surely in another one', async () => {
    for (const call of ['applied', 'usage']) {
      const instances = call === 'applied' ? ',"instances":1' : '';
      const { status, body } = await tell(
        `auth-service/${call}`,
        `{"cpu":5000,"memory":199229440${instances}}`,
      );
      expect(status).toBe(400);
      expect(JSON.stringify(body)).toContain('not millicores');
      expect(JSON.stringify(body)).toContain('not bytes');
    }
  });

  it('takes figures outside the configured bounds: what runs, runs', async () => {
    expect((await tell('auth-service/applied', '{"cpu":64,"memory":65536,"instances":40}')).status).toBe(200);
  });

  it.each([
    ['{"cpu":0,"memory":512,"instances":1}', 'body.cpu'],
    ['{"cpu":-1,"memory":512,"instances":1}', 'body.cpu'],
    ['{"cpu":1e999,"memory":512,"instances":1}', 'body.cpu'],
    ['{"cpu":"1","memory":512,"instances":1}', 'body.cpu'],
    ['{"cpu":1,"memory":512,"instances":0}', 'body.instances'],
    ['{"cpu":1,"memory":512,"instances":1.5}', 'body.instances'],
    ['{"cpu":1,"memory":512}', 'body.instances'],
    ['{"cpu":1,"memory":512,"instances":1,"replicas":2}', 'body.replicas'],
    ['', 'body'],
  ])('refuses %s', async (payload, where) => {
    const { status, body } = await tell('auth-service/applied', payload);
    expect([status, body.errors[0].where]).toEqual([400, where]);
    expect(daemon.applied.size).toBe(0);
  });

  it('answers 404 with the known names for an unknown service', async () => {
    const { status, body } = await tell('nope/applied', '{"cpu":1,"memory":512,"instances":1}');
    expect(status).toBe(404);
    expect(body).toMatchObject({
      type: 'urn:dta-slo:problem:unknown-service',
      detail: expect.stringContaining('payment-service'),
    });
  });
});

describe('POST /services/{service}/usage', () => {
  it('takes the share of throttled CPU periods, alone or with the rest', async () => {
    const { status, body } = await tell('auth-service/usage', '{"throttled_ratio":0.25}');
    expect([status, body]).toEqual([202, { service: 'auth-service', at: NOW, throttled_ratio: 0.25 }]);
    expect(daemon.latestUsage('auth-service')).toMatchObject({ throttledRatio: 0.25 });
  });

  it.each([
    ['{"cpu":1.25}', { cpu: 1.25 }],
    ['{"memory":300}', { memory: 300 }],
    ['{"cpu":0,"memory":300.5}', { cpu: 0, memory: 300.5 }],
  ])('records %s with the time of its arrival', async (payload, used) => {
    const { status, body } = await tell('auth-service/usage', payload);
    expect(status).toBe(202);
    expect(body).toEqual({ service: 'auth-service', at: NOW, ...used });
    expect(daemon.latestUsage('auth-service')).toEqual({ service: 'auth-service', atSeconds: NOW, ...used });
  });

  it.each([
    ['{}', 'body'],
    ['{"cpu":-0.1}', 'body.cpu'],
    ['{"cpu":1e999}', 'body.cpu'],
    ['{"memory":null}', 'body.memory'],
    ['{"cpus":1}', 'body.cpus'],
    ['{"memory":0}', 'body.memory'],
    ['{"throttled_ratio":1.5}', 'body.throttled_ratio'],
  ])('refuses %s', async (payload, where) => {
    const { status, body } = await tell('auth-service/usage', payload);
    expect([status, body.errors[0].where]).toEqual([400, where]);
    expect(daemon.usage.size).toBe(0);
  });

  it.each([
    ['{"cpu":10001}', 'a finite number of cores (not millicores) of at least 0 and at most 10000'],
    ['{"memory":2147483648}', 'a finite number of MiB (not bytes) above 0 and at most 1000000000'],
  ])('refuses %s with a hint at the unit', async (payload, allowed) => {
    const { status, body } = await tell('auth-service/usage', payload);
    expect([status, body.errors[0].allowed]).toEqual([400, allowed]);
  });

  it('answers 404 for an unknown service', async () => {
    expect((await tell('nope/usage', '{"cpu":1}')).status).toBe(404);
  });
});
