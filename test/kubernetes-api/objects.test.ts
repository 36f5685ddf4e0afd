import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { DEPLOYMENTS_PATH, deployment } from './fixtures.ts';
import { at, type JsonObject, listAt, stringAt } from './json.ts';
import {
  AUTOSCALERS,
  CONFIG_MAPS,
  DEPLOYMENTS,
  LEASES,
  LIMIT_RANGES,
  PODS,
  RESOURCE_QUOTAS,
} from './resource-types.ts';
import { call } from './target.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({
    namespaces: ['shop', 'narrow', 'paged'],
    controllers: false,
    without: ['keda.sh'],
  });
});
afterAll(() => server.close());

const post = (body: JsonObject, query = '') => call(server, 'POST', `${DEPLOYMENTS_PATH}${query}`, { body });
const pod = (name: string, resources: JsonObject): JsonObject => ({
  metadata: { name },
  spec: { containers: [{ name: 'app', image: 'x:1', resources }] },
});

describe('a new object', () => {
  it('gets what only the server gives, and its defaults', async () => {
    const { code, body } = await post(deployment('fresh', { limits: { cpu: 1, memory: '1024Mi' } }));
    expect(code).toBe(201);
    expect(body).toMatchObject({
      metadata: { generation: 1, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      spec: {
        progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        template: { spec: { containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' } } }] } },
      },
    });
  });

  it('is refused with 409 where the name is taken', async () => {
    await post(deployment('taken'));
    expect((await post(deployment('taken'))).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'deployments.apps "taken" already exists',
    });
  });

  it('is refused with 404 in a namespace that is not there', async () => {
    const path = '/apis/apps/v1/namespaces/nowhere/deployments';
    const body = { ...deployment('x'), metadata: { name: 'x' } };
    expect((await call(server, 'POST', path, { body })).body).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
  });

  it('is named after its generateName', async () => {
    const body = { ...deployment('x'), metadata: { generateName: 'web-' } };
    expect(stringAt((await post(body)).body, 'metadata', 'name')).toMatch(/^web-[a-z0-9]{5}$/);
  });

  it.each<[string, JsonObject, number, string]>([
    [
      'another namespace',
      { ...deployment('n'), metadata: { name: 'n', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match',
    ],
    [
      'another kind',
      { ...deployment('k'), kind: 'Service' },
      400,
      'Service in version "v1" cannot be handled as a Deployment',
    ],
    [
      'an amount that is none',
      deployment('q', { requests: { cpu: '1 core' } }),
      400,
      'Deployment in version "v1" cannot be handled as a Deployment: quantities must match',
    ],
    [
      'a negative amount',
      deployment('m', { requests: { cpu: '-1' } }),
      422,
      'spec.template.spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      'an unknown resource',
      deployment('u', { requests: { gpu: '1' } }),
      422,
      'must be a standard resource for containers',
    ],
    [
      'negative replicas',
      deployment('r', {}, { replicas: -1 }),
      422,
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a selector that misses its template',
      deployment('s', {}, { selector: { matchLabels: { a: 'b' } } }),
      422,
      '`selector` does not match template `labels`',
    ],
  ])('with %s is refused', async (_, body, code, message) => {
    const reply = await post(body);
    expect(reply.code).toBe(code);
    expect(reply.body['message']).toContain(message);
  });

  it('is refused in a format that the server does not read', async () => {
    const reply = await call(server, 'POST', DEPLOYMENTS_PATH, { body: 'x', type: 'text/plain' });
    expect(reply.code).toBe(415);
  });
});

describe('an update', () => {
  it('is refused with 409 when it comes from an outdated version', async () => {
    const { body } = await post(deployment('put'));
    const path = `${DEPLOYMENTS_PATH}/put`;
    const changed = { ...body, metadata: { ...(body['metadata'] as JsonObject), labels: { a: 'b' } } };
    expect((await call(server, 'PUT', path, { body: changed })).code).toBe(200);
    expect((await call(server, 'PUT', path, { body: changed })).body).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
  });

  it('counts a generation for a new spec alone', async () => {
    await post(deployment('generation'));
    const path = `${DEPLOYMENTS_PATH}/generation`;
    const merge = (body: JsonObject) =>
      call(server, 'PATCH', path, { body, type: 'application/merge-patch+json' });
    expect(at((await merge({ metadata: { labels: { a: 'b' } } })).body, 'metadata', 'generation')).toBe(1);
    expect(at((await merge({ spec: { replicas: 3 } })).body, 'metadata', 'generation')).toBe(2);
  });

  it('does not reach the status, and /status reaches nothing else', async () => {
    await post(deployment('parts'));
    const path = `${DEPLOYMENTS_PATH}/parts`;
    const body = { spec: { replicas: 9 }, status: { replicas: 9 } };
    const type = 'application/merge-patch+json';
    const whole = await call(server, 'PATCH', path, { body, type });
    expect(at(whole.body, 'status', 'replicas')).toBeUndefined();
    const status = await call(server, 'PATCH', `${path}/status`, {
      body: { spec: { replicas: 1 }, status: { replicas: 4 } },
      type,
    });
    expect(status.body).toMatchObject({ spec: { replicas: 9 }, status: { replicas: 4 } });
  });

  it('of a lease must name the version that it replaces', async () => {
    server.objects.create(LEASES, { metadata: { name: 'leader', namespace: 'shop' }, spec: {} });
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases/leader';
    const reply = await call(server, 'PUT', path, {
      body: { metadata: { name: 'leader' }, spec: { holderIdentity: 'me' } },
    });
    expect(reply.body['message']).toBe(
      'Lease.coordination.k8s.io "leader" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
  });

  it('of a lease has its times with six digits, as JavaScript does not write them', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/shop/leases';
    const lease = (name: string, renewTime: string) =>
      call(server, 'POST', path, { body: { metadata: { name }, spec: { renewTime } } });
    const refused = await lease('three', '2026-01-01T00:00:00.123Z');
    expect(refused.code).toBe(400);
    expect(refused.body['message']).toBe(
      'Lease in version "v1" cannot be handled as a Lease: parsing time "2026-01-01T00:00:00.123Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".123Z" as ".000000"',
    );
    const made = await lease('six', '2026-01-01T02:00:00.123456+02:00');
    expect(at(made.body, 'spec', 'renewTime')).toBe('2026-01-01T00:00:00.123456Z');
  });

  it('may not change a selector', async () => {
    await post(deployment('selector'));
    const reply = await call(server, 'PATCH', `${DEPLOYMENTS_PATH}/selector`, {
      body: { spec: { selector: { matchLabels: { app: 'selector', b: 'c' } } } },
      type: 'application/merge-patch+json',
    });
    expect(reply.code).toBe(422);
    expect(reply.body['message']).toContain('field is immutable');
  });
});

describe('a delete', () => {
  it('answers with a Status of success, and 404 the next time', async () => {
    await post(deployment('doomed'));
    const path = `${DEPLOYMENTS_PATH}/doomed`;
    expect((await call(server, 'DELETE', path)).body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'doomed', group: 'apps', kind: 'deployments' },
    });
    expect((await call(server, 'DELETE', path)).code).toBe(404);
  });

  it('under a precondition that does not hold is refused with 409', async () => {
    await post(deployment('kept'));
    const body = { preconditions: { uid: 'another' } };
    expect((await call(server, 'DELETE', `${DEPLOYMENTS_PATH}/kept`, { body })).code).toBe(409);
    expect(server.objects.get(DEPLOYMENTS, 'shop', 'kept')).toBeDefined();
  });
});

describe('a list', () => {
  it('selects by labels and by name', async () => {
    for (const [name, tier] of [
      ['l1', 'web'],
      ['l2', 'db'],
      ['l3', 'db'],
    ] as const)
      server.objects.create(CONFIG_MAPS, { metadata: { name, namespace: 'paged', labels: { tier, name } } });
    const names = async (query: string) => {
      const { body } = await call(server, 'GET', `/api/v1/namespaces/paged/configmaps?${query}`);
      return listAt(body, 'items').map((item) => stringAt(item, 'metadata', 'name'));
    };
    const selected = (selector: string) => names(`labelSelector=${encodeURIComponent(selector)}`);
    expect(await selected('tier=db')).toEqual(['l2', 'l3']);
    expect(await selected('tier!=db')).toEqual(['l1']);
    expect(await selected('tier in (web,x),name')).toEqual(['l1']);
    expect(await selected('!tier')).toEqual([]);
    expect(await names('fieldSelector=metadata.name%3Dl3')).toEqual(['l3']);
    expect(await names('')).toEqual(['l1', 'l2', 'l3']);
  });

  it('comes in pages where a limit is set', async () => {
    for (const name of ['p1', 'p2', 'p3'])
      server.objects.create(AUTOSCALERS, {
        metadata: { name, namespace: 'paged' },
        spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'x' } },
      });
    const path = '/apis/autoscaling/v2/namespaces/paged/horizontalpodautoscalers?limit=2';
    const first = await call(server, 'GET', path);
    expect(first.body).toMatchObject({
      kind: 'HorizontalPodAutoscalerList',
      apiVersion: 'autoscaling/v2',
      metadata: { remainingItemCount: 1 },
    });
    expect(listAt(first.body, 'items')).toHaveLength(2);
    const token = stringAt(first.body, 'metadata', 'continue');
    const second = await call(server, 'GET', `${path}&continue=${token}`);
    expect(listAt(second.body, 'items').map((item) => at(item, 'metadata', 'name'))).toEqual(['p3']);
    expect(at(second.body, 'metadata', 'continue')).toBeUndefined();
    await post(deployment('later'));
    server.watches.expire();
    const late = await call(server, 'GET', `${path}&continue=${token}`);
    expect(late.body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('of a group that is not installed is 404 without a name', async () => {
    const reply = await call(server, 'GET', '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects');
    expect(reply.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server could not find the requested resource',
      reason: 'NotFound',
      details: {},
      code: 404,
    });
    server.install('keda.sh');
    expect((await call(server, 'GET', '/apis/keda.sh/v1alpha1/scaledobjects')).code).toBe(200);
    server.uninstall('keda.sh');
  });
});

describe('limits of a namespace', () => {
  it('refuse a pod that would exceed a quota', async () => {
    server.objects.create(RESOURCE_QUOTAS, {
      metadata: { name: 'team', namespace: 'narrow' },
      spec: { hard: { 'requests.cpu': '1', pods: '5' } },
    });
    server.objects.create(PODS, {
      ...pod('first', { requests: { cpu: '600m' } }),
      metadata: { name: 'first', namespace: 'narrow' },
    });
    const reply = await call(server, 'POST', '/api/v1/namespaces/narrow/pods', {
      body: pod('second', { requests: { cpu: '500m' } }),
    });
    expect(reply.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'pods "second" is forbidden: exceeded quota: team, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    });
  });

  it('refuse a pod that does not say what a quota counts', async () => {
    const reply = await call(server, 'POST', '/api/v1/namespaces/narrow/pods', { body: pod('silent', {}) });
    expect(reply.body['message']).toBe(
      'pods "silent" is forbidden: failed quota: team: must specify requests.cpu for: app',
    );
  });

  it('refuse a resize that would exceed a quota, and grant one that does not', async () => {
    const resize = (cpu: string) =>
      call(server, 'PATCH', '/api/v1/namespaces/narrow/pods/first/resize', {
        body: { spec: { containers: [{ name: 'app', resources: { requests: { cpu } } }] } },
        type: 'application/strategic-merge-patch+json',
      });
    expect((await resize('2')).code).toBe(403);
    const granted = await resize('900m');
    expect(granted.body).toMatchObject({
      spec: { containers: [{ resources: { requests: { cpu: '900m' } } }] },
    });
  });

  it('give defaults to new pods and refuse what a limit range forbids', async () => {
    server.objects.create(LIMIT_RANGES, {
      metadata: { name: 'range', namespace: 'paged' },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m' },
            max: { cpu: '2' },
            maxLimitRequestRatio: { cpu: '4' },
          },
        ],
      },
    });
    const path = '/api/v1/namespaces/paged/pods';
    const given = await call(server, 'POST', path, { body: pod('given', {}) });
    expect(given.body).toMatchObject({
      spec: { containers: [{ resources: { limits: { cpu: '500m' }, requests: { cpu: '500m' } } }] },
    });
    const reply = await call(server, 'POST', path, { body: pod('big', { limits: { cpu: '3' } }) });
    expect(reply.body['message']).toBe(
      'pods "big" is forbidden: maximum cpu usage per Container is 2, but limit is 3',
    );
    const wide = pod('wide', { limits: { cpu: '2' }, requests: { cpu: '250m' } });
    expect((await call(server, 'POST', path, { body: wide })).body['message']).toBe(
      'pods "wide" is forbidden: cpu max limit to request ratio per Container is 4, but provided ratio is 8.000000',
    );
  });
});

describe('a pod', () => {
  it('is resized through /resize alone', async () => {
    server.objects.create(PODS, {
      ...pod('fixed', {}),
      metadata: { name: 'fixed', namespace: 'shop' },
      spec: {
        containers: [{ name: 'app', image: 'x', resources: { limits: { cpu: '1', memory: '1Gi' } } }],
      },
    });
    const patch = (path: string, resources: JsonObject) =>
      call(server, 'PATCH', `/api/v1/namespaces/shop/pods/fixed${path}`, {
        body: { spec: { containers: [{ name: 'app', resources }] } },
        type: 'application/strategic-merge-patch+json',
      });
    const past = await patch('', { requests: { cpu: '500m' } });
    expect(past.body['message']).toContain('pod updates may not change fields other than');
    const both = { requests: { cpu: '2' }, limits: { cpu: '2' } };
    expect((await patch('/resize', both)).code).toBe(200);
  });

  it.each<[string, JsonObject, string]>([
    [
      'into another QoS class',
      { limits: { cpu: '1' } },
      'Pod "sized" is invalid: spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ],
    [
      'without its limit',
      { limits: { memory: null } },
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ],
    [
      'to less memory',
      { limits: { memory: '512Mi' }, requests: { memory: '512Mi' } },
      'spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer',
    ],
    [
      'in other resources',
      { limits: { 'ephemeral-storage': '1Gi' } },
      'spec: Forbidden: only cpu and memory resources are mutable',
    ],
    ['above its limit', { requests: { cpu: '9' } }, 'must be less than or equal to cpu limit of 2'],
  ])('is not resized %s', async (_, resources, message) => {
    if (server.objects.get(PODS, 'shop', 'sized') === undefined)
      server.objects.create(PODS, {
        ...pod('sized', { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }),
        metadata: { name: 'sized', namespace: 'shop' },
      });
    const wanted = message.includes('QOS') ? { requests: { cpu: '1' }, ...resources } : resources;
    const reply = await call(server, 'PATCH', '/api/v1/namespaces/shop/pods/sized/resize', {
      body: { spec: { containers: [{ name: 'app', resources: wanted }] } },
      type: 'application/strategic-merge-patch+json',
    });
    expect(reply.code).toBe(422);
    expect(reply.body['message']).toContain(message);
  });

  it('has no /resize before Kubernetes 1.33', async () => {
    const old = await startApiServer({ without: ['pods/resize'] });
    const reply = await call(old, 'PATCH', '/api/v1/namespaces/default/pods/x/resize', { body: {} });
    expect(reply.body['message']).toBe('the server could not find the requested resource');
    const { body } = await call(old, 'GET', '/api/v1');
    expect(JSON.stringify(body)).not.toContain('pods/resize');
    await old.close();
  });
});
