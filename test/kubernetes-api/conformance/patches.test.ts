import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENTS_PATH, deployment } from '../fixtures.ts';
import { at, type Json, type JsonObject, listAt } from '../json.ts';
import { call, openTarget, type Reply, type Target } from '../target.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());

const read = async (name: string): Promise<JsonObject> =>
  (await call(target, 'GET', `${DEPLOYMENTS_PATH}/${name}`)).body;

const patch = (name: string, kind: string, body: Json | string, query = ''): Promise<Reply> =>
  call(target, 'PATCH', `${DEPLOYMENTS_PATH}/${name}${query}`, {
    body,
    type: `application/${kind}-patch+json`,
  });

const containersOf = (reply: Reply): Json[] => listAt(reply.body, 'spec', 'template', 'spec', 'containers');

const make = async (name: string, resources: JsonObject = {}): Promise<JsonObject> =>
  (await call(target, 'POST', DEPLOYMENTS_PATH, { body: deployment(name, resources) })).body;

describe('a strategic merge patch', () => {
  it('merges containers by name', async () => {
    await make('smp', { requests: { cpu: '1' } });
    const reply = await patch('smp', 'strategic-merge', {
      spec: {
        template: { spec: { containers: [{ name: 'app', resources: { requests: { memory: '1024Mi' } } }] } },
      },
    });
    expect(containersOf(reply)).toMatchObject([
      { name: 'app', image: 'shop/app:1', resources: { requests: { cpu: '1', memory: '1Gi' } } },
    ]);
  });

  it('removes an item by its directive, and a field by null', async () => {
    await make('gone', { requests: { cpu: '1', memory: '1Gi' } });
    const reply = await patch('gone', 'strategic-merge', {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'side', image: 'x' },
              { name: 'app', resources: { requests: { cpu: null } } },
            ],
          },
        },
      },
    });
    expect(containersOf(reply)).toMatchObject([
      { name: 'app', resources: { requests: { memory: '1Gi' } } },
      { name: 'side' },
    ]);
    const after = await patch('gone', 'strategic-merge', {
      spec: { template: { spec: { containers: [{ $patch: 'delete', name: 'side' }] } } },
    });
    expect(containersOf(after)).toHaveLength(1);
  });
});

describe('a merge patch', () => {
  it('replaces lists as a whole: a container without its image is invalid', async () => {
    await make('merge');
    const reply = await patch('merge', 'merge', {
      spec: { template: { spec: { containers: [{ name: 'app' }] } } },
    });
    expect(reply.code).toBe(422);
    expect(reply.body).toMatchObject({
      reason: 'Invalid',
      message: 'Deployment.apps "merge" is invalid: spec.template.spec.containers[0].image: Required value',
      details: {
        name: 'merge',
        group: 'apps',
        kind: 'Deployment',
        causes: [
          {
            reason: 'FieldValueRequired',
            message: 'Required value',
            field: 'spec.template.spec.containers[0].image',
          },
        ],
      },
    });
  });

  it('takes null as the wish to remove', async () => {
    await make('null');
    await patch('null', 'merge', { metadata: { annotations: { a: '1', b: '2' } } });
    const reply = await patch('null', 'merge', { metadata: { annotations: { a: null } } });
    expect(at(reply.body, 'metadata', 'annotations')).toMatchObject({ b: '2' });
    expect(at(reply.body, 'metadata', 'annotations')).not.toHaveProperty('a');
  });

  it('is refused with 409 when it names another version than the stored one', async () => {
    await make('stale');
    const reply = await patch('stale', 'merge', { metadata: { resourceVersion: '1' } });
    expect(reply.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on deployments.apps "stale": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'stale', group: 'apps', kind: 'deployments' },
    });
  });
});

describe('a JSON patch', () => {
  it('adds, replaces, removes, moves and copies', async () => {
    await make('json');
    const reply = await patch('json', 'json', [
      { op: 'add', path: '/metadata/annotations', value: { 'x/y': '1' } },
      { op: 'copy', from: '/metadata/annotations/x~1y', path: '/metadata/annotations/z' },
      { op: 'move', from: '/metadata/annotations/z', path: '/metadata/annotations/w' },
      { op: 'replace', path: '/spec/replicas', value: 5 },
      { op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'side', image: 'x:1' } },
      { op: 'remove', path: '/metadata/labels/app' },
    ]);
    expect(reply.body).toMatchObject({
      metadata: { annotations: { 'x/y': '1', w: '1' } },
      spec: { replicas: 5 },
    });
    expect(containersOf(reply)).toHaveLength(2);
  });

  it('is refused as a whole with 422 when a test fails', async () => {
    await make('tested');
    const reply = await patch('tested', 'json', [
      { op: 'replace', path: '/spec/replicas', value: 9 },
      { op: 'test', path: '/metadata/name', value: 'other' },
    ]);
    expect(reply.body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    expect(at(await read('tested'), 'spec', 'replicas')).toBe(2);
  });

  it('is refused with 422 when a path is not there', async () => {
    await make('path');
    const reply = await patch('path', 'json', [{ op: 'replace', path: '/spec/nothing/here', value: 1 }]);
    expect(reply.code).toBe(422);
  });
});

describe('any patch', () => {
  it('of an unknown kind is answered 415 with the kinds there are', async () => {
    await make('kind');
    const reply = await call(target, 'PATCH', `${DEPLOYMENTS_PATH}/kind`, {
      body: {},
      type: 'application/json',
    });
    expect(reply.body).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
    });
  });

  it('of nothing is answered 404, but for an apply', async () => {
    const reply = await patch('nobody', 'merge', {});
    expect(reply.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "nobody" not found',
      reason: 'NotFound',
      details: { name: 'nobody', group: 'apps', kind: 'deployments' },
      code: 404,
    });
  });

  it('with dryRun=All answers as if, and changes nothing', async () => {
    await make('dry');
    const reply = await patch('dry', 'merge', { spec: { replicas: 7 } }, '?dryRun=All');
    expect(reply.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 7 },
    });
    expect(await read('dry')).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 2 } });
  });

  it('that changes nothing keeps the generation', async () => {
    await make('same');
    const reply = await patch('same', 'merge', { spec: { replicas: 2 } });
    expect(at(reply.body, 'metadata', 'generation')).toBe(1);
  });

  it('with an unknown field is refused under fieldValidation=Strict and warned of otherwise', async () => {
    await make('field');
    const body = { spec: { bogus: 1 } };
    const strict = await patch('field', 'merge', body, '?fieldValidation=Strict');
    expect(strict.code).toBe(422);
    expect(strict.body['message']).toContain('strict decoding error: unknown field "spec.bogus"');
    const warned = await patch('field', 'merge', body);
    expect(warned.code).toBe(200);
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.bogus\\""');
    const ignored = await patch('field', 'merge', body, '?fieldValidation=Ignore');
    expect(ignored.headers['warning']).toBeUndefined();
  });

  it('with an amount that is none is refused with 422', async () => {
    await make('amount');
    const reply = await patch('amount', 'strategic-merge', {
      spec: {
        template: { spec: { containers: [{ name: 'app', resources: { requests: { cpu: 'much' } } }] } },
      },
    });
    expect(reply.code).toBe(422);
    expect(reply.body['message']).toContain('quantities must match the regular expression');
  });
});
