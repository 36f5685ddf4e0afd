import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { DEPLOYMENTS_PATH, deployment } from './fixtures.ts';
import { DEPLOYMENTS } from './resource-types.ts';
import { call } from './target.ts';

let server: ApiServer;
let folder: string;
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop'], controllers: false });
  folder = await mkdtemp(join(tmpdir(), 'kubernetes-api-'));
  server.objects.create(DEPLOYMENTS, deployment('web'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const READ_ONLY = [{ verbs: ['get', 'list', 'watch'], apiGroups: ['apps'], resources: ['deployments'] }];

describe('a token', () => {
  it('that is unknown or expired is answered 401', async () => {
    const token = server.addToken();
    expect((await call(server, 'GET', DEPLOYMENTS_PATH, { token })).code).toBe(200);
    server.expireToken(token);
    expect((await call(server, 'GET', DEPLOYMENTS_PATH, { token })).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
  });

  it('may do what its rules say, and the refusal says what is missing', async () => {
    const token = server.addToken(READ_ONLY, 'system:serviceaccount:ops:reader');
    expect((await call(server, 'GET', `${DEPLOYMENTS_PATH}/web`, { token })).code).toBe(200);
    const reply = await call(server, 'PATCH', `${DEPLOYMENTS_PATH}/web/scale`, { token, body: {} });
    expect(reply.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'deployments.apps "web" is forbidden: User "system:serviceaccount:ops:reader" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"',
      details: { name: 'web', group: 'apps', kind: 'deployments' },
    });
  });

  it('needs the right to create for an apply that creates', async () => {
    const rules = [{ verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'] }];
    const reply = await call(server, 'PATCH', `${DEPLOYMENTS_PATH}/fresh?fieldManager=a`, {
      token: server.addToken(rules),
      body: deployment('fresh'),
      type: 'application/apply-patch+yaml',
    });
    expect(reply.code).toBe(403);
    expect(reply.body['message']).toContain('cannot create resource "deployments"');
  });

  it('can ask what it may do', async () => {
    const token = server.addToken([
      ...READ_ONLY,
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews'],
      },
    ]);
    const allowed = async (verb: string) => {
      const reply = await call(server, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        token,
        body: {
          spec: { resourceAttributes: { verb, group: 'apps', resource: 'deployments', namespace: 'shop' } },
        },
      });
      return reply.body['status'];
    };
    expect(await allowed('get')).toMatchObject({ allowed: true });
    expect(await allowed('patch')).toEqual({ allowed: false });
  });
});

describe('what a client finds', () => {
  it('is the folder of a service account, whose token can be rotated', async () => {
    await server.inClusterFolder(folder);
    expect(await readFile(join(folder, 'token'), 'utf8')).toBe(server.token);
    expect(await readFile(join(folder, 'ca.crt'), 'utf8')).toBe(server.ca);
    expect(await readFile(join(folder, 'namespace'), 'utf8')).toBe('default');
    const next = server.addToken();
    await server.inClusterFolder(folder, next);
    expect(await readFile(join(folder, 'token'), 'utf8')).toBe(next);
  });

  it('is the version and the groups, to read without any right but a token', async () => {
    expect((await call(server, 'GET', '/version')).body).toMatchObject({ major: '1', minor: '33' });
    const { body } = await call(server, 'GET', '/apis');
    expect(JSON.stringify(body)).toContain('apps/v1');
    expect((await call(server, 'GET', '/healthz')).text).toBe('ok');
  });
});
