import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';
import { deployment } from './fixtures.ts';
import { type JsonObject, numberAt, objectsAt } from './json.ts';
import { DEPLOYMENTS } from './resource-types.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

let server: ApiServer;
let folder: string;
beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop'] });
  folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  await server.kubeconfig(join(folder, 'config'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  KUBECONFIG: join(folder, 'config'),
});

interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const kubectl = (...words: string[]): Promise<Output> =>
  new Promise((resolve) => {
    execFile('kubectl', ['-n', 'shop', ...words], { env: environment() }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: out.trim(), err: err.trim() }),
    );
  });

async function manifest(name: string, body: JsonObject): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(body));
  return path;
}

const live = (name: string) => server.objects.must(DEPLOYMENTS, 'shop', name);

const cpuOf = (name: string): unknown =>
  objectsAt(live(name), 'spec', 'template', 'spec', 'containers').map((container) =>
    JSON.stringify(container['resources']),
  )[0];

/** Real kubectl as the judge of the server: it is another's client, and knows the real API. */
describe.skipIf(!hasKubectl)('kubectl', () => {
  it('finds the server, its version and its resources', async () => {
    expect((await kubectl('version')).out).toContain('Server Version: v1.33.4');
    const { out } = await kubectl('api-resources', '--no-headers');
    expect(out).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
    expect(out).toMatch(/scaledobjects\s+so\s+keda.sh\/v1alpha1/);
  });

  it('applies on the server, meets conflicts, and takes fields by force', async () => {
    const path = await manifest('apply', deployment('apply', { requests: { cpu: '500m' } }));
    expect((await kubectl('apply', '--server-side', '-f', path)).out).toBe(
      'deployment.apps/apply serverside-applied',
    );
    const other = await manifest('other', deployment('apply', { requests: { cpu: '1' } }));
    const asOther = ['apply', '--server-side', '--field-manager=other', '-f', other];
    const refused = await kubectl(...asOther);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      'Apply failed with 1 conflict: conflict with "kubectl": .spec.template.spec.containers[name="app"].resources.requests.cpu',
    );
    expect((await kubectl(...asOther, '--force-conflicts', '--dry-run=server')).code).toBe(0);
    expect(cpuOf('apply')).toBe('{"requests":{"cpu":"500m"}}');
    expect((await kubectl(...asOther, '--force-conflicts')).code).toBe(0);
    expect(cpuOf('apply')).toBe('{"requests":{"cpu":"1"}}');
  });

  it('follows a rollout, shows its history and undoes it', async () => {
    const path = await manifest('roll', deployment('roll', { requests: { cpu: '500m' } }));
    await kubectl('apply', '--server-side', '-f', path);
    const status = () => kubectl('rollout', 'status', 'deploy/roll', '--timeout=10s');
    expect((await status()).out).toContain('successfully rolled out');
    await kubectl('set', 'resources', 'deploy/roll', '--requests=cpu=700m');
    await kubectl('annotate', 'deploy/roll', 'kubernetes.io/change-cause=more cpu');
    expect((await status()).out).toContain('successfully rolled out');
    expect(cpuOf('roll')).toBe('{"requests":{"cpu":"700m"}}');
    expect((await kubectl('rollout', 'history', 'deploy/roll')).out).toMatch(/1\s+<none>\n2\s+more cpu/);
    expect((await kubectl('rollout', 'undo', 'deploy/roll')).out).toBe('deployment.apps/roll rolled back');
    expect((await status()).code).toBe(0);
    expect(cpuOf('roll')).toBe('{"requests":{"cpu":"500m"}}');
  });

  it('says that a rollout has failed', async () => {
    server.newPods('shop', 'stuck', 'unready');
    await kubectl('apply', '--server-side', '-f', await manifest('stuck', deployment('stuck')));
    server.advance(601);
    const { code, err } = await kubectl('rollout', 'status', 'deploy/stuck', '--timeout=10s');
    expect([code, err]).toEqual([1, 'error: deployment "stuck" exceeded its progress deadline']);
  });

  it('scales and patches in its three ways', async () => {
    await kubectl('apply', '--server-side', '-f', await manifest('patch', deployment('patch')));
    expect((await kubectl('scale', 'deploy/patch', '--replicas=3')).out).toBe('deployment.apps/patch scaled');
    expect(numberAt(live('patch'), 'spec', 'replicas')).toBe(3);
    const patch = (type: string, text: string) =>
      kubectl('patch', 'deploy/patch', `--type=${type}`, '-p', text);
    await patch('merge', '{"metadata":{"annotations":{"a":"b"}}}');
    await patch('json', '[{"op":"replace","path":"/spec/replicas","value":1}]');
    await patch(
      'strategic',
      '{"spec":{"template":{"spec":{"containers":[{"name":"app","resources":{"limits":{"cpu":"2"}}}]}}}}',
    );
    expect(live('patch').metadata.annotations).toMatchObject({ a: 'b' });
    expect(numberAt(live('patch'), 'spec', 'replicas')).toBe(1);
    expect(cpuOf('patch')).toBe('{"limits":{"cpu":"2"}}');
    const wrong = await patch('json', '[{"op":"replace","path":"/no/where","value":1}]');
    expect(wrong.err).toBe(
      'The request is invalid: the server rejected our request due to an error in our request',
    );
  });

  it('tells of unknown fields and bad amounts in the words of the server', async () => {
    const bogus = { ...deployment('bogus'), spec: { bogus: 1 } };
    expect((await kubectl('create', '-f', await manifest('bogus', bogus))).err).toContain(
      'strict decoding error: unknown field "spec.bogus"',
    );
    const path = await manifest('amount', deployment('amount', { requests: { cpu: 'much' } }));
    expect((await kubectl('create', '-f', path)).err).toContain(
      'quantities must match the regular expression',
    );
    const over = deployment('over', { requests: { cpu: '2' }, limits: { cpu: '1' } });
    expect((await kubectl('create', '-f', await manifest('over', over))).err).toBe(
      'The Deployment "over" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    );
  });

  it('watches', async () => {
    await kubectl('apply', '--server-side', '-f', await manifest('seen', deployment('seen')));
    const lines = firstLines(['get', 'deploy/seen', '-w', '-o', 'jsonpath={.spec.replicas}{"\\n"}'], 2);
    await server.until(
      DEPLOYMENTS,
      'shop',
      'seen',
      (object) => numberAt(object, 'status', 'availableReplicas') === 2,
    );
    await untilWatched();
    await kubectl('scale', 'deploy/seen', '--replicas=4');
    expect((await lines).at(-1)).toBe('4');
  });

  it('deletes, with everything that belongs to it', async () => {
    await kubectl('apply', '--server-side', '-f', await manifest('gone', deployment('gone')));
    await kubectl('wait', '--for=condition=Available', 'deploy/gone', '--timeout=10s');
    expect((await kubectl('delete', 'deploy/gone')).out).toBe('deployment.apps "gone" deleted');
    expect((await kubectl('get', 'pods', '-l', 'app=gone', '-o', 'name')).out).toBe('');
    expect((await kubectl('get', 'deploy/gone')).err).toBe(
      'Error from server (NotFound): deployments.apps "gone" not found',
    );
  });

  it('is told to log in with a token that has expired', async () => {
    const token = server.addToken();
    await server.kubeconfig(join(folder, 'expired'), token);
    server.expireToken(token);
    const { err } = await kubectl('get', 'deploy', '--kubeconfig', join(folder, 'expired'));
    expect(err).toContain('You must be logged in to the server');
  });
});

async function untilWatched(): Promise<void> {
  for (let tries = 0; server.watches.size === 0; tries += 1) {
    if (tries > 500) throw new Error('nobody watches');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The first lines that a kubectl which does not end by itself prints; it is ended then. */
function firstLines(words: string[], count: number): Promise<string[]> {
  const child: ChildProcess = spawn('kubectl', ['-n', 'shop', ...words], { env: environment() });
  let text = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const lines = [...new Set(text.split('\n').filter((line) => line !== ''))];
      if (lines.length >= count) {
        child.kill();
        resolve(lines);
      }
    });
  });
}
