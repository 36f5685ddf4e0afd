import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { deployment } from './fixtures.ts';
import { at, listAt, numberAt, stringAt } from './json.ts';
import { DEPLOYMENTS, PODS } from './resource-types.ts';
import { call } from './target.ts';

const PATH = '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods';

let server: ApiServer;
let pods: string[];
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop'] });
  server.objects.create(DEPLOYMENTS, deployment('web'));
  await server.until(DEPLOYMENTS, 'shop', 'web', (web) => numberAt(web, 'status', 'availableReplicas') === 2);
  pods = server.objects.list(PODS, 'shop').map(({ metadata }) => metadata.name);
});
afterAll(() => server.close());

describe('the metrics of pods', () => {
  it('are there for the pods of which something is known, with the time and window of the sample', async () => {
    const [first = ''] = pods;
    server.setUsage('shop', first, 'app', { cpu: '250m', memory: '64Mi', windowSeconds: 60, ageSeconds: 30 });
    const { body } = await call(server, 'GET', `${PATH}?labelSelector=app%3Dweb`);
    expect(body).toMatchObject({
      kind: 'PodMetricsList',
      items: [
        {
          metadata: { name: first, namespace: 'shop', labels: { app: 'web' } },
          window: '1m0s',
          containers: [{ name: 'app', usage: { cpu: '250m', memory: '64Mi' } }],
        },
      ],
    });
    const age = Date.now() - Date.parse(stringAt(listAt(body, 'items')[0], 'timestamp'));
    expect(age / 1000).toBeGreaterThan(29);
    expect(age / 1000).toBeLessThan(40);
  });

  it('of a pod of which nothing is known are 404', async () => {
    const reply = await call(server, 'GET', `${PATH}/${pods[1]}`);
    expect([reply.code, reply.body['message']]).toEqual([
      404,
      `podmetrics.metrics.k8s.io "shop/${pods[1]}" not found`,
    ]);
  });

  it('are only to be read', async () => {
    expect((await call(server, 'DELETE', `${PATH}/${pods[0]}`)).code).toBe(405);
    const { body } = await call(server, 'GET', '/apis/metrics.k8s.io/v1beta1');
    expect(at(listAt(body, 'resources')[0], 'verbs')).toEqual(['get', 'list']);
  });
});
