import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyAs, DEPLOYMENTS_PATH, deployment } from '../fixtures.ts';
import { at, type Json, type JsonObject, listAt, objectsAt, sameJson } from '../json.ts';
import { call, NAMESPACE, openTarget, type Reply, type Target } from '../target.ts';

const CPU = '.spec.template.spec.containers[name="app"].resources.requests.cpu';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());

const read = async (name: string): Promise<JsonObject> =>
  (await call(target, 'GET', `${DEPLOYMENTS_PATH}/${name}`)).body;

const apply = (manager: string, name: string, body: JsonObject, query = ''): Promise<Reply> =>
  applyAs(target, manager, `${DEPLOYMENTS_PATH}/${name}`, body, query);

const resources = (name: string, amounts: JsonObject): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { template: { spec: { containers: [{ name: 'app', resources: amounts }] } } },
});

const causesOf = (reply: Reply): Json[] => listAt(reply.body, 'details', 'causes');

const nameOf = (entry: JsonObject): string =>
  [entry['manager'], entry['operation'], entry['subresource']].filter((word) => word !== undefined).join(' ');

/** All managers but the controllers: those write when they like. */
const managersOf = async (name: string): Promise<string[]> =>
  objectsAt(await read(name), 'metadata', 'managedFields')
    .filter((entry) => entry['manager'] !== 'kube-controller-manager')
    .map(nameOf);

const containersOf = async (name: string): Promise<JsonObject[]> =>
  objectsAt(await read(name), 'spec', 'template', 'spec', 'containers');

const resourcesOf = async (name: string): Promise<Json | undefined> =>
  (await containersOf(name))[0]?.['resources'];

/** Resolves when the controllers have seen the deployment as it is, and write no more for the time being. */
async function settled(name: string): Promise<JsonObject> {
  for (let tries = 0; tries < 200; tries += 1) {
    const first = await read(name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await read(name);
    if (at(first, 'status', 'observedGeneration') !== undefined && sameJson(first, second)) return second;
  }
  throw new Error(`deployment "${name}" does not come to rest`);
}

describe('ownership of fields', () => {
  it('is written down per manager, with keyed lists as k:{...}', async () => {
    await apply('kubectl', 'fields', deployment('fields'));
    await apply('dta-slo', 'fields', resources('fields', { requests: { cpu: '1' } }));
    const entries = objectsAt(await read('fields'), 'metadata', 'managedFields');
    expect(entries.find((entry) => entry['manager'] === 'dta-slo')).toMatchObject({
      operation: 'Apply',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:spec': {
          'f:template': {
            'f:spec': {
              'f:containers': {
                'k:{"name":"app"}': {
                  '.': {},
                  'f:name': {},
                  'f:resources': { 'f:requests': { 'f:cpu': {} } },
                },
              },
            },
          },
        },
      },
    });
  });

  it('belongs to two managers that apply the same value, and stays with the other when one leaves', async () => {
    await apply('a', 'shared', deployment('shared', { requests: { cpu: '1' } }));
    expect((await apply('b', 'shared', resources('shared', { requests: { cpu: '1' } }))).code).toBe(200);
    await apply('a', 'shared', deployment('shared'));
    expect(await resourcesOf('shared')).toEqual({ requests: { cpu: '1' } });
    await apply('b', 'shared', resources('shared', {}));
    expect(await resourcesOf('shared')).not.toHaveProperty('requests.cpu');
  });

  it('is taken by force, and then missed by who had it', async () => {
    await apply('a', 'forced', deployment('forced', { requests: { cpu: '1' } }));
    const forced = await apply('b', 'forced', resources('forced', { requests: { cpu: '2' } }), '&force=true');
    expect(forced.code).toBe(200);
    const again = await apply('a', 'forced', deployment('forced', { requests: { cpu: '1' } }));
    expect(causesOf(again)).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "b"', field: CPU },
    ]);
  });

  it('goes to whoever updates or patches without applying, which is named with its version', async () => {
    await apply('a', 'edited', deployment('edited', { requests: { cpu: '1' } }));
    const path = `${DEPLOYMENTS_PATH}/edited?fieldManager=kubectl-edit`;
    await call(target, 'PATCH', path, {
      type: 'application/strategic-merge-patch+json',
      body: {
        spec: {
          template: { spec: { containers: [{ name: 'app', resources: { requests: { cpu: '3' } } }] } },
        },
      },
    });
    expect(await managersOf('edited')).toEqual(['a Apply', 'kubectl-edit Update']);
    const reply = await apply('a', 'edited', deployment('edited', { requests: { cpu: '1' } }));
    expect(reply.body['message']).toBe(
      `Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: ${CPU}`,
    );
  });

  it('lists all conflicts by manager when there are several', async () => {
    await apply('a', 'several', deployment('several', { requests: { cpu: '1', memory: '1Gi' } }));
    const reply = await apply(
      'b',
      'several',
      resources('several', { requests: { cpu: '2', memory: '2Gi' } }),
    );
    expect(reply.body['message']).toBe(
      `Apply failed with 2 conflicts: conflicts with "a":\n- ${CPU}\n- ${CPU.replace('cpu', 'memory')}`,
    );
    expect(causesOf(reply)).toHaveLength(2);
  });

  it('conflicts over the same amount in another spelling, because values are compared as written', async () => {
    await apply('a', 'spelt', deployment('spelt', { requests: { cpu: '500m' } }));
    expect((await apply('b', 'spelt', resources('spelt', { requests: { cpu: '0.5' } }))).code).toBe(409);
    expect((await apply('b', 'spelt', resources('spelt', { requests: { cpu: '500m' } }))).code).toBe(200);
  });

  it('is unknown for objects from before the first apply, and then held by before-first-apply', async () => {
    await call(target, 'POST', DEPLOYMENTS_PATH, { body: deployment('old', { requests: { cpu: '1' } }) });
    await settled('old');
    await call(target, 'PATCH', `${DEPLOYMENTS_PATH}/old`, {
      body: { metadata: { managedFields: [{}] } },
      type: 'application/merge-patch+json',
    });
    const reply = await apply('dta-slo', 'old', resources('old', { requests: { cpu: '2' } }));
    expect(reply.code).toBe(409);
    expect(JSON.stringify(causesOf(reply))).toContain('conflict with \\"before-first-apply\\" using apps/v1');
  });

  it('does not move when an apply is repeated: the version stays', async () => {
    await apply('a', 'twice', deployment('twice', { requests: { cpu: '1' } }));
    const before = await settled('twice');
    await apply('a', 'twice', deployment('twice', { requests: { cpu: '1' } }));
    expect(await read('twice')).toEqual(before);
  });

  it('removes the whole container of the manager that alone applied it', async () => {
    const twice = deployment('sidecar');
    await apply('a', 'sidecar', twice);
    const side = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ name: 'side', image: 'x:1' }] } } },
    };
    await apply('b', 'sidecar', side);
    const names = async () => (await containersOf('sidecar')).map(({ name }) => name);
    expect(await names()).toEqual(['app', 'side']);
    await apply('b', 'sidecar', { apiVersion: 'apps/v1', kind: 'Deployment' });
    expect(await names()).toEqual(['app']);
    expect(await managersOf('sidecar')).toEqual(['a Apply']);
  });
});

describe('an apply', () => {
  it.each<[string, JsonObject, string, number, string]>([
    [
      'without a field manager',
      deployment('x'),
      '',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      'of another version',
      { ...deployment('x'), apiVersion: 'apps/v1beta1' },
      'fieldManager=a',
      400,
      'Incorrect version specified in apply patch. Specified patch version: apps/v1beta1, expected: apps/v1',
    ],
    [
      'with managed fields of its own',
      { ...deployment('x'), metadata: { name: 'x', managedFields: [{}] } },
      'fieldManager=a',
      400,
      'metadata.managedFields must be nil',
    ],
    [
      'with an unknown field',
      { ...deployment('x'), bogus: 1 },
      'fieldManager=a',
      500,
      `failed to create typed patch object (${NAMESPACE}/x; apps/v1, Kind=Deployment): .bogus: field not declared in schema`,
    ],
    [
      'with a value of another type',
      deployment('x', {}, { replicas: 'two' }),
      'fieldManager=a',
      500,
      `failed to create typed patch object (${NAMESPACE}/x; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string`,
    ],
    [
      'with an amount that is none',
      deployment('x', { requests: { cpu: 'much' } }),
      'fieldManager=a',
      500,
      "unable to convert unstructured object to apps/v1, Kind=Deployment: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'with requests above limits',
      deployment('x', { requests: { cpu: '2' }, limits: { cpu: '1' } }),
      'fieldManager=a',
      422,
      'Deployment.apps "x" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
  ])('%s is refused', async (_, body, query, code, message) => {
    const reply = await call(target, 'PATCH', `${DEPLOYMENTS_PATH}/x?${query}`, {
      body,
      type: 'application/apply-patch+yaml',
    });
    expect(reply.code).toBe(code);
    expect(reply.body['message']).toContain(message);
    expect((await call(target, 'GET', `${DEPLOYMENTS_PATH}/x`)).code).toBe(404);
  });

  it('may be written in YAML', async () => {
    await apply('a', 'yaml', deployment('yaml'));
    const body = 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 4\n';
    const reply = await call(target, 'PATCH', `${DEPLOYMENTS_PATH}/yaml?fieldManager=b&force=true`, {
      body,
      type: 'application/apply-patch+yaml',
    });
    expect(at(reply.body, 'spec', 'replicas')).toBe(4);
  });

  it('with dryRun=All reports the conflict that the real one would meet', async () => {
    await apply('a', 'rehearsed', deployment('rehearsed', { requests: { cpu: '1' } }));
    const before = await settled('rehearsed');
    const body = resources('rehearsed', { requests: { cpu: '2' } });
    expect((await apply('b', 'rehearsed', body, '&dryRun=All')).code).toBe(409);
    expect((await apply('b', 'rehearsed', body, '&dryRun=All&force=true')).code).toBe(200);
    expect(await read('rehearsed')).toEqual(before);
  });
});

describe('/scale', () => {
  it('shows and sets the replicas, owned through the subresource', async () => {
    await apply('a', 'scaled', resourcesWithoutReplicas('scaled'));
    const path = `${DEPLOYMENTS_PATH}/scaled/scale`;
    const shown = await call(target, 'GET', path);
    expect(shown.body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { selector: 'app=scaled' },
    });
    const reply = await call(target, 'PATCH', `${path}?fieldManager=dta-slo`, {
      body: { spec: { replicas: 3 } },
      type: 'application/merge-patch+json',
    });
    expect(at(reply.body, 'spec', 'replicas')).toBe(3);
    expect(await managersOf('scaled')).toEqual(['a Apply', 'dta-slo Update scale']);
  });

  it('conflicts on apply with who owns the replicas', async () => {
    await apply('a', 'replicas', deployment('replicas'));
    const reply = await applyAs(target, 'dta-slo', `${DEPLOYMENTS_PATH}/replicas/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      spec: { replicas: 5 },
    });
    expect(reply.body['message']).toBe('Apply failed with 1 conflict: conflict with "a": .spec.replicas');
  });

  it('refuses less than none', async () => {
    await apply('a', 'negative', deployment('negative'));
    const reply = await call(target, 'PATCH', `${DEPLOYMENTS_PATH}/negative/scale`, {
      body: { spec: { replicas: -1 } },
      type: 'application/merge-patch+json',
    });
    expect(reply.code).toBe(422);
    expect(reply.body['message']).toBe(
      'Scale.autoscaling "negative" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
  });

  it('is refused with 409 for an outdated version', async () => {
    await apply('a', 'outdated', deployment('outdated'));
    const { body } = await call(target, 'GET', `${DEPLOYMENTS_PATH}/outdated/scale`);
    await call(target, 'PUT', `${DEPLOYMENTS_PATH}/outdated/scale`, {
      body: { ...body, spec: { replicas: 3 } },
    });
    const reply = await call(target, 'PUT', `${DEPLOYMENTS_PATH}/outdated/scale`, {
      body: { ...body, spec: { replicas: 4 } },
    });
    expect(reply.code).toBe(409);
  });
});

function resourcesWithoutReplicas(name: string): JsonObject {
  const { replicas: _, ...spec } = deployment(name)['spec'] as JsonObject;
  return { ...deployment(name), spec };
}
