import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { applyAs } from './fixtures.ts';
import { type JsonObject, objectsAt } from './json.ts';
import { ROLLOUTS } from './resource-types.ts';
import { call, type Reply } from './target.ts';

const PATH = '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/ro';

let now: ApiServer;
let before: ApiServer;
beforeAll(async () => {
  now = await startApiServer({ namespaces: ['shop'], controllers: false });
  before = await startApiServer({ namespaces: ['shop'], controllers: false, oldRollouts: true });
  for (const server of [now, before])
    server.objects.create(ROLLOUTS, {
      metadata: { name: 'ro', namespace: 'shop' },
      spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'x:1' }] } } },
    });
});
afterAll(async () => {
  await now.close();
  await before.close();
});

const applyResources = (to: ApiServer, query = ''): Promise<Reply> => {
  const containers = [{ name: 'app', resources: { requests: { cpu: '0.5' } } }];
  const body = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    spec: { template: { spec: { containers } } },
  };
  return applyAs(to, 'dta-slo', PATH, body, query);
};

const containersOf = (reply: Reply): JsonObject[] =>
  objectsAt(reply.body, 'spec', 'template', 'spec', 'containers');

describe("an apply to a rollout's container", () => {
  it('is merged by name, and the amount stays as it was written', async () => {
    expect(containersOf(await applyResources(now))).toEqual([
      { name: 'app', image: 'x:1', resources: { requests: { cpu: '0.5' } } },
    ]);
  });

  it('conflicts over the whole list under the CRD before 1.8.3, and by force wipes what it does not name', async () => {
    const refused = await applyResources(before);
    expect(refused.body['message']).toContain('.spec.template.spec.containers');
    expect(refused.code).toBe(409);
    expect(containersOf(await applyResources(before, '&force=true'))).toEqual([
      { name: 'app', resources: { requests: { cpu: '0.5' } } },
    ]);
  });
});

describe('a strategic merge patch', () => {
  it('is not spoken by custom resources: 415 with the types that are', async () => {
    const reply = await call(now, 'PATCH', PATH, {
      body: {},
      type: 'application/strategic-merge-patch+json',
    });
    expect(reply.code).toBe(415);
    expect(reply.body['message']).toBe(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  });
});
