import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/utils/random.ts';
import {
  type DaemonProcess,
  endLeftovers,
  runToEnd,
  startDaemon,
  temporaryFolder,
} from './daemon-process.ts';

const folder = temporaryFolder();
afterAll(() => {
  endLeftovers();
  folder.remove();
});

const CHAINS = [
  ['user-registration', ['auth-service']],
  ['order-processing', ['auth-service', 'payment-service']],
  ['subscription-management', ['payment-service']],
] as const;

const MINUTES = 10;
const REQUESTS = 3000;

/** The answers, as far as the tests read them. */
interface Answer {
  readonly time: number;
  readonly decision_id: string;
  readonly decisions: readonly { readonly decision_id: string }[];
  readonly status: string;
  readonly services: readonly {
    readonly cpu: number;
    readonly memory: number;
    readonly instances: number;
    readonly reason: string;
    readonly explanation: string;
    readonly current: object;
    readonly planned: object | null;
  }[];
  readonly chains: readonly {
    readonly slo: number & { readonly latency: number };
    readonly expected_latency: number;
    readonly measured: object;
  }[];
}

async function call(daemon: DaemonProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${daemon.url}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const answer = (await response.json()) as Answer;
  return { status: response.status, body: answer };
}

/** Ten minutes of requests that took 5 ms and an exponential 15 ms at each service, ending now. */
async function postTraffic(daemon: DaemonProcess): Promise<number> {
  const random = seededRandom(1);
  const now = (await call(daemon, 'GET', '/healthz')).body.time;
  const requests = Array.from({ length: REQUESTS }, (_, index) => index).flatMap((index) => {
    const timestamp = now - 60 * MINUTES + (60 * MINUTES * index) / REQUESTS;
    const [chain_id, services] = CHAINS[index % CHAINS.length]!;
    const own = services.map(() => 0.005 - 0.015 * Math.log(1 - random()));
    const endToEnd = own.reduce((sum, seconds) => sum + seconds, 0);
    const visits = services.map((service_id, at) => ({
      service_id,
      chain_id,
      response_time: own[at],
      timestamp,
    }));
    return [...visits, { chain_id, response_time: endToEnd, timestamp }];
  });
  const { status, body } = await call(daemon, 'POST', '/requests', { requests });
  expect({ status, body }).toEqual({ status: 202, body: { accepted: requests.length, rejected: [] } });
  return requests.length;
}

/** Requests of the last hour by service and chain, as the daemon counts them. */
async function countedRequests(daemon: DaemonProcess): Promise<number> {
  const text = await (await fetch(`${daemon.url}/metrics`)).text();
  return [...text.matchAll(/^dta_slo_records_accepted_total(?:\{[^}]*\})? (\S+)$/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

describe('the daemon', () => {
  it('turns records into allocations that keep every SLO, and still knows them after kill -9', async () => {
    const data = join(folder.path, 'kill');
    const daemon = await startDaemon(['--data', data]);
    const sent = await postTraffic(daemon);
    expect(await countedRequests(daemon)).toBe(sent);

    const { body: decided } = await call(daemon, 'POST', '/allocations');
    expectGoodAllocations(decided);
    const { cpu, memory, instances } = decided.services[0]!;
    await call(daemon, 'POST', '/services/auth-service/applied', { cpu, memory, instances });
    const { body: second } = await call(daemon, 'POST', '/allocations');
    const { body: chains } = await call(daemon, 'GET', '/chains');

    // What was accepted is on disk at the latest one flush interval after it came.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await daemon.end('SIGKILL')).toBeNull();

    const again = await startDaemon(['--data', data]);
    const { body: remembered } = await call(again, 'GET', '/allocations');
    expect(remembered.decision_id).toBe(second.decision_id);
    expectGoodAllocations(remembered);
    const { body: history } = await call(again, 'GET', '/allocations/history');
    expect(history.decisions.map((decision) => decision.decision_id)).toEqual([
      second.decision_id,
      decided.decision_id,
    ]);
    const { body: services } = await call(again, 'GET', '/services');
    expect(services.services[0]?.current).toMatchObject({
      cpu,
      memory,
      instances,
      source: 'applied',
    });

    // Traffic and profiles are back too: the next pass is as well informed as the last one.
    const { body: chainsAgain } = await call(again, 'GET', '/chains');
    expect(chainsAgain.chains.map(measured)).toEqual(chains.chains.map(measured));
    const { body: third } = await call(again, 'POST', '/allocations');
    expectGoodAllocations(third);
    expect(third.services.map((service) => service.planned)).not.toContain(null);
    expect(await again.end('SIGTERM')).toBe(0);
  });

  it('loses no accepted record when it is ended by SIGTERM', async () => {
    const data = join(folder.path, 'term');
    const daemon = await startDaemon(['--data', data]);
    await postTraffic(daemon);
    const { body: before } = await call(daemon, 'GET', '/chains');
    expect(await daemon.end('SIGTERM')).toBe(0);
    const again = await startDaemon(['--data', data]);
    const { body: after } = await call(again, 'GET', '/chains');
    expect(after.chains.map(measured)).toEqual(before.chains.map(measured));
    expect(await again.end('SIGINT')).toBe(0);
  });

  it('reads the configuration again on SIGHUP, and keeps the old one when the new one is bad', async () => {
    const file = join(folder.path, 'reload.yaml');
    const write = (slo: string) =>
      writeFileSync(
        file,
        `services: { a: { chains: [c], min_cpu: 0.1, max_cpu: 2, min_memory: 64, max_memory: 512 } }\nslos: { c: ${slo} }\n`,
      );
    write('0.2');
    const daemon = await startDaemon(['--config', file, '--data', join(folder.path, 'reload')]);
    const slo = async () => (await call(daemon, 'GET', '/chains')).body.chains[0]?.slo.latency;
    expect(await slo()).toBe(0.2);
    write('0.4');
    daemon.signal('SIGHUP');
    await daemon.line('configuration read again');
    expect(await slo()).toBe(0.4);
    write('-1');
    daemon.signal('SIGHUP');
    expect(await daemon.line('configuration not taken')).toContain('slos.c');
    expect(await slo()).toBe(0.4);
    expect(await daemon.end('SIGTERM')).toBe(0);
  });

  it('tells every problem of a bad configuration at once, with exit code 2 and no stack trace', async () => {
    const file = join(folder.path, 'bad.yaml');
    writeFileSync(
      file,
      'services: { a: { chains: [c], min_cpu: lots, max_cpu: 2 } }\nslos: { c: 0.2 }\nmonitring: {}\n',
    );
    const { code, stderr } = await runToEnd(['--config', file]);
    expect(code).toBe(2);
    expect(stderr).toContain('services.a.min_cpu: found');
    expect(stderr).toContain('monitring');
    expect(stderr).toContain(file);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('answers --help and --version, and refuses what it does not know', async () => {
    expect(await runToEnd(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--port') });
    expect(await runToEnd(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(await runToEnd(['--prot', '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--port'),
    });
    expect(await runToEnd([], { DTA_SLO_PORT: 'many' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DTA_SLO_PORT'),
    });
  });
});

/** What was measured over the whole monitoring window, which does not depend on the moment of asking. */
function measured(chain: Answer['chains'][number]): object {
  const { burn_rates: _, violating_windows_ratio: __, ...rest } = chain.measured as Record<string, unknown>;
  return rest;
}

function expectGoodAllocations({ status, services, chains }: Answer): void {
  expect(status).toBe('decided');
  expect(services).toHaveLength(2);
  for (const { cpu, memory, instances, reason, explanation } of services) {
    expect(cpu).toBeGreaterThanOrEqual(0.1);
    expect(cpu).toBeLessThanOrEqual(4);
    expect(memory).toBeGreaterThanOrEqual(128);
    expect(memory).toBeLessThanOrEqual(8192);
    expect(instances).toBeGreaterThanOrEqual(1);
    expect(instances).toBeLessThanOrEqual(10);
    expect(reason).toMatch(/^[a-z-]+$/);
    expect(explanation).toMatch(/\.$/);
  }
  expect(chains).toHaveLength(3);
  for (const { slo, expected_latency } of chains) expect(expected_latency).toBeLessThanOrEqual(slo);
}
