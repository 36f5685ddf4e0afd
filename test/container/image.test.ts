import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { temporaryFolder } from '../e2e/daemon-process.ts';
import { addressOf, docker, eventually, inspect, missing, ROOT, untilHealthy } from './docker.ts';

const IMAGE = `dta-slo-test:${process.pid}`;
const HARDENED = [
  '--read-only',
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
  '--user',
  '1000',
];

/** Most MB of what lies on top of the base image, and most s of a clean stop. */
const MOST_MEGABYTES = 60;
const MOST_STOP_SECONDS = 3;

const reason = missing();
if (reason !== undefined) console.warn(`SKIPPED, the container: ${reason}`);

describe.skipIf(reason !== undefined)('the image', () => {
  const containers: string[] = [];
  const folder = temporaryFolder();

  const start = async (options: readonly string[], args: readonly string[] = []): Promise<string> => {
    const id = await docker('run', '-d', '-p', '127.0.0.1::8000', ...options, IMAGE, ...args);
    containers.push(id);
    return id;
  };
  const listening = async (container: string): Promise<string> => {
    const url = await addressOf(container);
    await eventually(() => fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1000) }));
    return url;
  };
  const inside = (script: string) =>
    docker('run', '--rm', '--read-only', '--entrypoint', 'sh', IMAGE, '-c', script);

  beforeAll(async () => {
    chmodSync(folder.path, 0o755);
    const begun = performance.now();
    await docker('build', '-t', IMAGE, '.');
    console.info(
      `image built in ${((performance.now() - begun) / 1000).toFixed(1)} s (less what was cached)`,
    );
  });
  afterEach(async () => {
    if (containers.length > 0) await docker('rm', '-f', '-v', ...containers.splice(0));
  });
  afterAll(async () => {
    folder.remove();
    await docker('rmi', IMAGE);
  });

  it('runs as appuser, number 1000, with nothing of its own to write but the history', async () => {
    expect(await inspect(IMAGE, '.Config.User')).toBe('1000:1000');
    expect(await inside('whoami; echo $HOME; ls -d $HOME')).toBe('appuser\n/home/appuser\n/home/appuser');
    expect(await inside('find / -xdev -writable -type d 2>/dev/null || true')).toBe('/var/lib/dta-slo');
  });

  it('holds what runs in production alone, and its licences', async () => {
    const rows = await docker('history', '--human=false', '--format', '{{.Size}}', IMAGE);
    const base = rows.split('\n').map(Number).at(-1) ?? 0;
    const own = (Number(await inspect(IMAGE, '.Size')) - base) / 1e6;
    console.info(`image: ${own.toFixed(1)} MB on top of ${(base / 1e6).toFixed(0)} MB`);
    expect(own).toBeLessThan(MOST_MEGABYTES);
    const packages = (await inside('ls node_modules')).split('\n');
    expect(Object.keys(packageFile.devDependencies).filter((name) => packages.includes(name))).toEqual([]);
    expect(await inside('find . -name "*.map" -o -name "*.ts" -o -name "*.test.js" | head')).toBe('');
    expect(await inside('ls')).toBe('LICENSE\nconfig\ndata\ndist\nnode_modules\npackage.json');
    expect(Number(await inside('find node_modules -iname "licen[sc]e*" | wc -l'))).toBeGreaterThan(50);
  });

  it('lacks nothing that a package of ours loads', async () => {
    const names = Object.keys(packageFile.dependencies);
    const script = `for (const name of ${JSON.stringify(names)}) await import(name);`;
    await docker('run', '--rm', '--entrypoint', 'node', IMAGE, '--input-type=module', '--eval', script);
  });

  it('says what it is', async () => {
    const labels = JSON.parse(await inspect(IMAGE, 'json .Config.Labels'));
    expect(labels).toMatchObject({
      'org.opencontainers.image.title': 'DTA-SLO',
      'org.opencontainers.image.version': packageFile.version,
      'org.opencontainers.image.licenses': packageFile.license,
    });
    expect(await docker('run', '--rm', IMAGE, '--version')).toBe(packageFile.version);
  });

  it('carries no path of the machine that built it', async () => {
    expect(await inside(`grep -rlF '${ROOT}/' dist config package.json | head -3`)).toBe('');
  });

  it('reads a kubeconfig that only its owner may read', async () => {
    const kube = join(folder.path, '.kube');
    mkdirSync(kube);
    writeFileSync(join(kube, 'config'), 'apiVersion: v1\n', { mode: 0o600 });
    await docker(
      'run',
      '--rm',
      '-v',
      `${kube}:/k`,
      '--user',
      '0',
      '--entrypoint',
      'chown',
      IMAGE,
      '-R',
      '1000',
      '/k',
    );
    const container = await start(['-v', `${kube}:/home/appuser/.kube:ro`]);
    expect(await docker('exec', container, 'cat', '/home/appuser/.kube/config')).toBe('apiVersion: v1');
  });

  it('becomes healthy and decides with a read-only root, no capabilities and no /tmp, and trains its network', async () => {
    writeFileSync(join(folder.path, 'quick.yaml'), QUICK_CONFIG);
    const container = await start(
      [...HARDENED, '-v', `${folder.path}:/config:ro`],
      ['--config', '/config/quick.yaml', '--clock-speed', '20'],
    );
    const seconds = await untilHealthy(container);
    const url = await addressOf(container);
    const memory = await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', container);
    console.info(`container: healthy after ${seconds.toFixed(1)} s, ${memory} on a clock 20 times as fast`);
    for (const page of ['/', '/docs/static/index.html', '/openapi.json', '/metrics'])
      expect((await fetch(url + page)).status, page).toBe(200);
    const load = posting(url, 50);
    await sleep(2000);
    const decision = (await (await post(`${url}/allocations`)).json()) as { status: string };
    expect(decision.status).toBe('decided');
    const log = await eventually(async () => {
      const text = await docker('logs', container);
      expect(text).toContain('"kind":"trained"');
      return text;
    });
    expect(log).toContain('"backend":"wasm"');
    expect(log).not.toMatch(/EROFS|EACCES|ENOENT/);
    await docker('stop', container);
    await load;
  });

  it('keeps a history as any other user too', async () => {
    const container = await start(['--read-only', '--cap-drop', 'ALL', '--user', '54321']);
    const url = await listening(container);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('checks its health on the port that is in force, with an init process too', async () => {
    const container = await start(['--init', '-e', 'DTA_SLO_HOST=::'], ['--port', '9123']);
    await untilHealthy(container);
  });

  it('says what is wrong with a configuration, and ends with code 2', async () => {
    writeFileSync(join(folder.path, 'bad.yaml'), 'slos: { a: -1 }\n');
    const container = await start(['-v', `${folder.path}:/config:ro`], ['--config', '/config/bad.yaml']);
    expect(await docker('wait', container)).toBe('2');
    expect(await docker('logs', container)).toContain('/config/bad.yaml: slos.a');
  });

  it('says which folder it cannot write, and ends', async () => {
    const container = await start(['--user', '54321:54321']);
    expect(await docker('wait', container)).toBe('1');
    expect(await docker('logs', container)).toMatch(
      /the history data\/history\.db cannot be written: EACCES.* make its folder and files writable/,
    );
  });

  it('ends within seconds on SIGTERM under load, and loses no record that it accepted', async () => {
    const volume = (await docker('volume', 'create')).trim();
    try {
      const container = await start(['-v', `${volume}:/var/lib/dta-slo`]);
      const url = await listening(container);
      const load = posting(url);
      await sleep(1500);
      const begun = performance.now();
      await docker('stop', '--time', '20', container);
      const seconds = (performance.now() - begun) / 1000;
      const accepted = await load;
      console.info(`container: stopped in ${seconds.toFixed(2)} s after ${accepted} records`);
      expect(seconds).toBeLessThan(MOST_STOP_SECONDS);
      expect(await inspect(container, '.State.ExitCode')).toBe('0');
      const again = await listening(await start([...HARDENED, '-v', `${volume}:/var/lib/dta-slo`]));
      expect(await requestsOf(again)).toBe(accepted);
    } finally {
      await docker('rm', '-f', '-v', ...containers.splice(0));
      await docker('volume', 'rm', volume);
    }
  });
});

/** One-second steps, so that half a minute of traffic is enough to train on. */
const QUICK_CONFIG = `
prediction: { sequence_length: 5, prediction_horizon: 2, step: 1, max_epochs: 3, retrain_interval: 10 }
services:
  auth-service: { chains: [order-processing], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 8192 }
slos: { order-processing: 0.5 }
`;

function post(url: string, body?: unknown): Promise<Response> {
  if (body === undefined) return fetch(url, { method: 'POST' });
  return fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

/** Posts batches of ever other sizes until the daemon is gone, and answers how many records were accepted. */
async function posting(url: string, pauseMs = 0): Promise<number> {
  const record = { service_id: 'auth-service', chain_id: 'order-processing', response_time: 0.02 };
  for (let accepted = 0, size = 20; ; size = 20 + ((size * 7) % 31)) {
    try {
      const answer = await post(`${url}/requests`, Array(size).fill(record));
      accepted += ((await answer.json()) as { accepted: number }).accepted;
    } catch {
      return accepted;
    }
    await sleep(pauseMs);
  }
}

async function requestsOf(url: string): Promise<number> {
  const answer = await fetch(`${url}/services?window=3600`);
  const { services } = (await answer.json()) as {
    services: { id: string; chains: { id: string; traffic: { requests: number } | null }[] }[];
  };
  const chains = services.find(({ id }) => id === 'auth-service')?.chains ?? [];
  return chains.find(({ id }) => id === 'order-processing')?.traffic?.requests ?? 0;
}
