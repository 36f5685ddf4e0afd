import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { applyAs, DEPLOYMENTS_PATH, deployment } from './fixtures.ts';
import { type JsonObject, objectsAt } from './json.ts';
import { DEPLOYMENTS } from './resource-types.ts';

const RESOURCES = { requests: { cpu: '500m', memory: '128Mi' } };

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop'] });
});
afterAll(() => server.close());

/** What DTA-SLO applies: the resources of one container. */
const resourcesOnly = (name: string, resources: JsonObject): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { template: { spec: { containers: [{ name: 'app', resources }] } } },
});

const container = (name: string): JsonObject =>
  objectsAt(server.objects.must(DEPLOYMENTS, 'shop', name), 'spec', 'template', 'spec', 'containers')[0] ??
  {};

describe('server-side apply', () => {
  it('creates what is not there, with 201', async () => {
    const reply = await applyAs(server, 'kubectl', `${DEPLOYMENTS_PATH}/new`, deployment('new'));
    expect(reply.code).toBe(201);
  });

  it('refuses to change what another manager applied, and names field and manager', async () => {
    await applyAs(server, 'kubectl', `${DEPLOYMENTS_PATH}/owned`, deployment('owned', RESOURCES));
    const reply = await applyAs(
      server,
      'dta-slo',
      `${DEPLOYMENTS_PATH}/owned`,
      resourcesOnly('owned', { requests: { cpu: '1' } }),
    );
    expect(reply.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'Apply failed with 1 conflict: conflict with "kubectl": .spec.template.spec.containers[name="app"].resources.requests.cpu',
      reason: 'Conflict',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl"',
            field: '.spec.template.spec.containers[name="app"].resources.requests.cpu',
          },
        ],
      },
      code: 409,
    });
  });

  it('merges containers by name and leaves the fields of others alone', async () => {
    await applyAs(server, 'kubectl', `${DEPLOYMENTS_PATH}/merged`, deployment('merged'));
    const reply = await applyAs(
      server,
      'dta-slo',
      `${DEPLOYMENTS_PATH}/merged`,
      resourcesOnly('merged', RESOURCES),
    );
    expect(reply.code).toBe(200);
    expect(container('merged')).toMatchObject({ image: 'shop/app:1', resources: RESOURCES });
  });

  it('removes what the manager applied before and does no more', async () => {
    await applyAs(server, 'kubectl', `${DEPLOYMENTS_PATH}/fewer`, deployment('fewer'));
    const path = `${DEPLOYMENTS_PATH}/fewer`;
    await applyAs(server, 'dta-slo', path, resourcesOnly('fewer', { ...RESOURCES, limits: { cpu: '2' } }));
    await applyAs(server, 'dta-slo', path, resourcesOnly('fewer', { requests: { cpu: '500m' } }));
    expect(container('fewer')).toMatchObject({ resources: { requests: { cpu: '500m' } } });
    expect(container('fewer')['resources']).toEqual({ requests: { cpu: '500m' } });
  });
});
