import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { checkerOf } from '../../src/api/validation.ts';
import { Secret } from '../../src/models/secret.ts';
import { forecastWith } from '../forecasts.ts';
import { NOW, testDecision, testSettings } from './fixtures.ts';
import { testDaemon } from './test-daemon.ts';

type Json = Record<string, unknown>;

let server: FastifyInstance;
let document: Json;

/** A call of each operation, by method and path of the document. */
const CALLS: Readonly<Record<string, { readonly url: string; readonly payload?: object }>> = {
  'post /requests': {
    url: '/requests',
    payload: [
      { chain_id: 'order-processing', response_time: 0.1 },
      { chain_id: 'nope', response_time: 1 },
    ],
  },
  'get /allocations': { url: '/allocations' },
  'post /allocations': { url: '/allocations' },
  'get /allocations/{service}': { url: '/allocations/auth-service' },
  'get /changes': { url: '/changes?service=auth-service' },
  'get /allocations/history': { url: '/allocations/history?limit=1' },
  'post /allocations/what-if': { url: '/allocations/what-if', payload: { loads: { 'order-processing': 3 } } },
  'post /services/{service}/applied': {
    url: '/services/auth-service/applied',
    payload: { cpu: 1, memory: 256, instances: 2 },
  },
  'post /services/{service}/usage': {
    url: '/services/auth-service/usage',
    payload: { cpu: 0.5, memory: 100 },
  },
  'post /pause': { url: '/pause', payload: { reason: 'a test' } },
  'post /resume': { url: '/resume' },
  'post /services/{service}/mode': { url: '/services/auth-service/mode', payload: { mode: 'rolling' } },
  'post /allocations/{service}/undo': { url: '/allocations/auth-service/undo' },
  'get /services': { url: '/services?window=60' },
  'get /chains': { url: '/chains' },
  'get /predictions': { url: '/predictions' },
  'get /profiles': { url: '/profiles' },
  'get /metrics': { url: '/metrics' },
  'get /healthz': { url: '/healthz' },
  'get /readyz': { url: '/readyz' },
};

beforeAll(async () => {
  const daemon = testDaemon();
  daemon.decisions.push(testDecision('d1'), testDecision('d2'));
  for (let i = 0; i < 50; i += 1) {
    daemon.intake.recordRequest('auth-service', 'order-processing', 0.05, false, NOW - i, 1, 0.01);
    daemon.intake.recordEndToEnd('order-processing', 0.2, false, NOW - i);
  }
  daemon.forecastList.push(
    { kind: 'not-enough-data', chain: 'user-registration', have: 1, need: 3 },
    forecastWith({ chain: 'order-processing', errorRatio: 0.1, coverage: { '0.9': 0.88 } }),
  );
  daemon.predictor = {
    backend: 'plain',
    training: false,
    lastTraining: { kind: 'not-enough-data', have: 10, need: 210, atSeconds: NOW },
  };
  daemon.undoOutcome = {
    kind: 'undone',
    change: {
      service: 'auth-service',
      decision: 'undo-d1',
      atSeconds: NOW,
      status: 'applied',
      to: { cpu: 2, memory: 512, instances: 3 },
      detail: 'Back to 3 × 2 cores.',
    },
  };
  server = await buildServer(daemon, { version: '1.2.3' });
  document = (await server.inject({ url: '/openapi.json' })).json();
});
afterAll(() => server.close());

function at(root: unknown, ...path: readonly string[]): Json {
  let value = root;
  for (const key of path)
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([name]) => name === key)?.[1]
        : undefined;
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function operations(): readonly (readonly [string, Json])[] {
  return Object.entries(at(document, 'paths')).flatMap(([path, methods]) =>
    Object.entries(at(methods)).map(([method, operation]) => [`${method} ${path}`, at(operation)] as const),
  );
}

describe('/openapi.json', () => {
  it('is an OpenAPI 3.1 document of this version', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'DTA-SLO', version: '1.2.3' } });
  });

  it('describes exactly the calls of the contract, each with a summary, a tag and its answers', () => {
    expect(
      operations()
        .map(([name]) => name)
        .sort(),
    ).toEqual(Object.keys(CALLS).sort());
    for (const [name, operation] of operations()) {
      expect(operation['summary'], name).toEqual(expect.any(String));
      expect(operation['tags'], name).toHaveLength(1);
      expect(Object.keys(at(operation, 'responses')), name).not.toEqual([]);
      const named = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const parameters = Object.values(at(operation, 'parameters')).filter(
        (parameter) => at(parameter)['in'] === 'path',
      );
      expect(
        parameters.map((parameter) => at(parameter)['name']),
        name,
      ).toEqual(named);
    }
  });

  it('refers to nothing that is not in it', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) =>
      String(match[1]),
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references)
      expect(Object.keys(at(document, ...reference.split('/')))).not.toEqual([]);
    expect(JSON.stringify(document)).not.toMatch(/"\$ref":"[^#]/);
  });

  it('says that failures are problem documents', () => {
    for (const [name, operation] of operations()) {
      for (const [status, response] of Object.entries(at(operation, 'responses'))) {
        if (Number(status) < 400) continue;
        expect(Object.keys(at(response, 'content')), `${name} ${status}`).toEqual([
          'application/problem+json',
        ]);
      }
    }
  });

  it.each(Object.entries(CALLS))('describes what %s answers', async (name, { url, payload }) => {
    const [method] = name.split(' ');
    const answer = await server.inject({
      method: method === 'post' ? 'POST' : 'GET',
      url,
      ...(payload && { payload }),
    });
    const operation = operations().find(([candidate]) => candidate === name)?.[1];
    const response = at(operation, 'responses', String(answer.statusCode));
    expect(Object.keys(response), `${answer.statusCode} ${answer.body}`).not.toEqual([]);
    const schema = at(response, 'content', 'application/json', 'schema');
    if (url === '/metrics') return expect(answer.body).toContain('# HELP dta_slo_build_info');
    expect(Object.keys(schema)).not.toEqual([]);
    expect(checkerOf(schema).faults(answer.json(), 'answer')).toEqual([]);
  });
});

describe('/openapi.json of a daemon with tokens', () => {
  it.each(['writes', 'all'] as const)(
    'says which calls need one, as they do with protect: %s',
    async (protect) => {
      const token = new Secret('a-token-of-the-tests-0123456789');
      const settings = testSettings();
      const auth = { protect, intake: 'protected', token } as const;
      const daemon = testDaemon({ ...settings, server: { ...settings.server, auth } });
      const guarded = await buildServer(daemon, { version: '1.2.3' });
      const described = (await guarded.inject({ url: '/openapi.json' })).json();
      expect(JSON.stringify(described)).not.toContain(token.reveal());
      expect(at(described, 'components', 'securitySchemes', 'token')).toMatchObject({ scheme: 'bearer' });
      for (const [name, { url, payload }] of Object.entries(CALLS)) {
        const [method = '', path = ''] = name.split(' ');
        const operation = at(described, 'paths', path, method);
        const { statusCode } = await guarded.inject({
          method: method === 'post' ? 'POST' : 'GET',
          url,
          ...(payload && { payload }),
        });
        expect(operation['security'] !== undefined, name).toBe(statusCode === 401);
        expect(Object.hasOwn(at(operation, 'responses'), '401'), name).toBe(statusCode === 401);
      }
      await guarded.close();
    },
  );
});

describe('/docs', () => {
  it('is there, and every file that it names comes from this server', async () => {
    const page = await server.inject({ url: '/docs/' });
    expect(page.statusCode).toBe(200);
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => String(match[1]));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(file).not.toMatch(/^(https?:)?\/\//);
      const { pathname } = new URL(file, 'http://here/docs/');
      expect((await server.inject({ url: pathname })).statusCode, pathname).toBe(200);
    }
  });
});
