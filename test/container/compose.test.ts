import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../e2e/daemon-process.ts';
import { prometheusTool } from '../prometheus-tools.ts';
import {
  addressOf,
  COMPOSE,
  docker,
  eventually,
  inspect,
  missing,
  ROOT,
  run,
  untilHealthy,
} from './docker.ts';

const PROJECT = `dta-slo-test-${process.pid}`;
const PROMETHEUS_IMAGE = `${PROJECT}-prometheus`;

const reason = missing();
if (reason !== undefined) console.warn(`SKIPPED, docker-compose: ${reason}`);

/** A free port instead of 8000. */
function compose(...args: readonly string[]): Promise<string> {
  const [command = '', ...first] = COMPOSE;
  return run(command, [...first, '-p', PROJECT, ...args], { PORT: '0', PROMETHEUS_IMAGE });
}

async function containerOf(service: string): Promise<string> {
  return (await compose('ps', '-q', service)).split('\n').at(-1) ?? '';
}

interface Decision {
  readonly status: string;
  readonly decision_id: string;
  readonly services: readonly { readonly id: string; readonly cpu: number }[];
}

async function json<Body>(url: string, options: RequestInit = {}): Promise<Body> {
  return (await (await fetch(url, options)).json()) as Body;
}

describe.skipIf(reason !== undefined)('docker-compose up --build', () => {
  let url: string;

  const up = async () => {
    const begun = performance.now();
    await compose('up', '-d', '--build', 'dta-slo');
    const started = performance.now();
    const container = await containerOf('dta-slo');
    const seconds = await untilHealthy(container);
    console.info(
      `compose: up in ${((started - begun) / 1000).toFixed(1)} s, healthy ${seconds.toFixed(1)} s later`,
    );
    return addressOf(container);
  };

  beforeAll(async () => {
    url = await up();
  });
  afterAll(async () => {
    await compose('--profile', 'monitoring', 'down', '-v', '--remove-orphans');
  });

  it('takes records, and answers with allocations', async () => {
    const body = execFileSync(process.execPath, ['--import', 'tsx', 'bench/sample-traffic.ts'], {
      cwd: ROOT,
      maxBuffer: 2 ** 26,
    });
    const headers = { 'content-type': 'application/x-ndjson' };
    expect(await json(`${url}/requests`, { method: 'POST', body, headers })).toEqual({
      accepted: 48000,
      rejected: [],
    });
    const decision = await json<Decision>(`${url}/allocations`, { method: 'POST' });
    expect(decision.status).toBe('decided');
    expect(decision.services.map(({ id }) => id)).toEqual(['auth-service', 'payment-service']);
  });

  it('keeps traffic and decisions over down and up', async () => {
    const before = await json<Decision>(`${url}/allocations`);
    const traffic = await json<{ chains: { id: string; rate: number }[] }>(`${url}/chains?window=3600`);
    await compose('down');
    url = await up();
    const after = await json<Decision>(`${url}/allocations`);
    expect(after.decision_id).toBe(before.decision_id);
    expect(after.services).toEqual(before.services);
    const again = await json<{ chains: { id: string; rate: number }[] }>(`${url}/chains?window=3600`);
    expect(again.chains.map(({ id }) => id)).toEqual(traffic.chains.map(({ id }) => id));
    expect(again.chains[0]?.rate).toBeGreaterThan(0);
  });

  it('runs hardened, and lets other machines in only when asked', async () => {
    const container = await containerOf('dta-slo');
    const host = JSON.parse(await inspect(container, 'json .HostConfig'));
    expect(host).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      RestartPolicy: { Name: 'unless-stopped' },
      Memory: 512 * 2 ** 20,
    });
    expect(await inspect(container, 'json .NetworkSettings.Ports')).toContain('"HostIp":"127.0.0.1"');
    const memory = await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', container);
    console.info(`compose: ${memory} with 48,000 records`);
  });

  it('is scraped by the Prometheus of the profile, with our rules', async () => {
    const folder = temporaryFolder();
    buildPrometheus(folder.path);
    await docker('build', '-t', PROMETHEUS_IMAGE, folder.path);
    folder.remove();
    try {
      await compose('--profile', 'monitoring', 'up', '-d', 'prometheus');
      const prometheus = await addressOf(await containerOf('prometheus'), 9090);
      const found = await eventually(async () => {
        const query = `${prometheus}/api/v1/query?query=dta_slo_build_info`;
        const { data } = await json<{ data: { result: { metric: Record<string, string> }[] } }>(query);
        expect(data.result).toHaveLength(1);
        return data.result[0]?.metric;
      });
      expect(found).toMatchObject({ job: 'dta-slo', instance: 'dta-slo:8000' });
      const rules = await json<{ data: { groups: unknown[] } }>(`${prometheus}/api/v1/rules`);
      expect(rules.data.groups).toHaveLength(6);
    } finally {
      await compose('--profile', 'monitoring', 'rm', '-s', '-f', 'prometheus');
      await docker('rmi', PROMETHEUS_IMAGE);
    }
  });
});

/** Stands in for the public image: Debian's Prometheus on our base image, run as that image runs its own. */
function buildPrometheus(folder: string): void {
  copyFileSync(
    prometheusTool('prometheus') ?? 'prometheus is missing: run .ci/prometheus',
    join(folder, 'prometheus'),
  );
  const lines = [
    'FROM node:22-bookworm-slim',
    'COPY prometheus /bin/prometheus',
    'RUN mkdir /prometheus && chown 65534:65534 /prometheus',
    'USER 65534',
    'VOLUME /prometheus',
    'ENTRYPOINT ["/bin/prometheus"]',
  ];
  writeFileSync(join(folder, 'Dockerfile'), lines.join('\n'));
}
