/** What `pods/resize` takes and what it refuses (KEP-1287), and what becomes of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, type JsonObject, listAt } from '../json.ts';
import { call, NAMESPACE, ON_CLUSTER, openTarget, type Reply, type Target } from '../target.ts';

const PODS_PATH = `/api/v1/namespaces/${NAMESPACE}/pods`;
const IMAGE = 'registry.k8s.io/pause:3.10';
/** A real cluster pulls an image first. */
const TIMEOUT = ON_CLUSTER ? 120_000 : 20_000;
const RESOURCES = { requests: { cpu: '20m', memory: '16Mi' }, limits: { cpu: '50m', memory: '32Mi' } };

let target: Target;
let minor = 0;
beforeAll(async () => {
  target = await openTarget();
  const { body } = await call(target, 'GET', '/version');
  minor = Number.parseInt(String(body['minor']), 10);
}, TIMEOUT);
afterAll(() => target.close());

async function make(name: string, resources: JsonObject = RESOURCES): Promise<JsonObject> {
  const reply = await call(target, 'POST', PODS_PATH, {
    body: {
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'app', image: IMAGE, resources }],
      },
    },
  });
  expect(reply.code, reply.text).toBe(201);
  return reply.body;
}

const resize = (name: string, container: JsonObject, metadata: JsonObject = {}, query = ''): Promise<Reply> =>
  call(target, 'PATCH', `${PODS_PATH}/${name}/resize${query}`, {
    body: { metadata, spec: { containers: [{ name: 'app', ...container }] } },
    type: 'application/strategic-merge-patch+json',
  });

const containerOf = (pod: JsonObject) => listAt(pod, 'spec', 'containers')[0];
const read = async (name: string) => (await call(target, 'GET', `${PODS_PATH}/${name}`)).body;

describe('a resize', () => {
  it('merges resources by the name of the container, and changes nothing else', async (context) => {
    if (minor < 33) return context.skip();
    await make('merged');
    const reply = await resize('merged', { image: 'other:1', resources: { requests: { cpu: '30m' } } });
    expect(reply.code, reply.text).toBe(200);
    expect(containerOf(reply.body)).toMatchObject({
      image: IMAGE,
      resources: { requests: { cpu: '30m', memory: '16Mi' }, limits: RESOURCES.limits },
    });
  });

  it('keeps nothing of a dry run', async (context) => {
    if (minor < 33) return context.skip();
    await make('dry');
    const reply = await resize('dry', { resources: { requests: { cpu: '30m' } } }, {}, '?dryRun=All');
    expect(reply.code).toBe(200);
    expect(containerOf(await read('dry'))).toMatchObject({ resources: RESOURCES });
  });

  it('is refused of another pod of that name', async (context) => {
    if (minor < 33) return context.skip();
    await make('again');
    const metadata = { uid: '00000000-0000-0000-0000-000000000000' };
    const reply = await resize('again', { resources: { requests: { cpu: '30m' } } }, metadata);
    expect(reply.code).toBe(409);
  });

  it.each<[string, JsonObject, JsonObject, RegExp]>([
    ['to another QoS class', {}, { requests: { cpu: '30m' } }, /QOS Class may not change/],
    ['without a limit', RESOURCES, { limits: { cpu: null } }, /limits cannot be removed/],
    ['above the limit', RESOURCES, { requests: { cpu: '60m' } }, /must be less than or equal to cpu limit/],
  ])('is refused %s', async (what, before, wanted, says) => {
    if (minor < 33) return;
    const name = `refused-${what.replace(/\W+/g, '-').toLowerCase()}`;
    await make(name, before);
    const reply = await resize(name, { resources: wanted });
    expect(reply.code).toBe(422);
    expect(String(reply.body['message'])).toMatch(says);
  });

  it('names the memory limit where it does not lower it', async (context) => {
    if (minor !== 33) return context.skip();
    await make('lower');
    const reply = await resize('lower', { resources: { limits: { memory: '24Mi' } } });
    expect(reply.code).toBe(422);
    expect(at(listAt(reply.body, 'details', 'causes')[0], 'field')).toBe(
      'spec.containers[0].resources.limits[memory]',
    );
  });

  it('is granted and done, and told in the status without a restart', {
    timeout: TIMEOUT,
  }, async (context) => {
    if (minor < 33) return context.skip();
    await make('done');
    const status = async () => listAt(await read('done'), 'status', 'containerStatuses')[0];
    const poll = { timeout: TIMEOUT / 2 };
    await expect.poll(async () => at(await status(), 'ready'), poll).toBe(true);
    const wanted = { requests: { cpu: '30m' }, limits: { cpu: '60m' } };
    expect((await resize('done', { resources: wanted })).code).toBe(200);
    await expect.poll(status, poll).toMatchObject({
      allocatedResources: { cpu: '30m' },
      resources: wanted,
      restartCount: 0,
    });
    const entries = listAt(await read('done'), 'metadata', 'managedFields');
    expect(entries.map((entry) => at(entry, 'subresource'))).toContain('resize');
  });
});
