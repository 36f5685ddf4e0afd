/**
 * How long a what-if question takes over HTTP: the real daemon in a process of its own, with a generated system and a
 * quarter of an hour of traffic behind it, is asked for other loads, objectives and bounds once its first pass is done.
 * Beside it, in turns, the least that any answer of the same daemon takes (`GET /healthz`).
 *
 *     npm run -s bench:whatif -- [--services 100] [--chains 300] [--calls 150] --json      last line: one JSON object
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Topology } from '../src/models/data-models.ts';
import type { Random } from '../src/models/ports.ts';
import { seededRandom } from '../src/utils/random.ts';
import { configOf, topologyOf } from './pass/generated-system.ts';
import { ManualClock, minuteOfTraffic } from './pass/minute-of-traffic.ts';
import { startDaemon } from './replay/daemon-process.ts';
import { LineIntake } from './whatif/line-intake.ts';

const MINUTES = 15;
/** Calls before those that count: the daemon's code is compiled by then. */
const WARM_UP_CALLS = 30;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    services: { type: 'string', default: '100' },
    chains: { type: 'string', default: '300' },
    calls: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
  },
});

/** What somebody may want to know: another load of some chains, another SLO of some, other bounds of some services. */
function question({ chains, services }: Topology, random: Random) {
  const some = <Item>(items: Iterable<Item>, count: number): Item[] => {
    const all = [...items];
    return Array.from({ length: count }, () => all[Math.floor(random() * all.length)]!);
  };
  const rate = () => 2 * (0.5 + random());
  const loads = some(chains.keys(), 10).map((id) => [id, rate()] as const);
  const slos = some(chains.values(), 5).map(
    ({ id, slo }) => [id, slo.latencySeconds * (0.8 + 0.4 * random())] as const,
  );
  const bounds = some(services.keys(), 3).map((id) => [id, { max_cpu: 2 + 2 * random() }] as const);
  return {
    loads: Object.fromEntries(loads),
    slos: Object.fromEntries(slos),
    bounds: Object.fromEntries(bounds),
  };
}

async function post(url: string, type: string, body: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  if (response.status >= 300) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return await response.json();
}

/** Answers what it took, ms, body and parsing included. */
async function timed(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

async function measure(services: number, chains: number, calls: number, seed: number) {
  const random = seededRandom(seed);
  const topology = topologyOf(services, chains, random);
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-what-if-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, JSON.stringify(configOf(topology)));
  const daemon = await startDaemon({ config });
  try {
    const clock = new ManualClock(Math.floor(Date.now() / 1000) - 60 * MINUTES);
    for (let minute = 0; minute < MINUTES; minute += 1) {
      const lines = new LineIntake();
      minuteOfTraffic(lines, topology, clock, random);
      await post(`${daemon.url}/requests`, 'application/x-ndjson', lines.take());
    }
    await post(`${daemon.url}/allocations`, 'application/json', '{}');
    const [asked, alive]: [number[], number[]] = [[], []];
    for (let call = -WARM_UP_CALLS; call < calls; call += 1) {
      const body = JSON.stringify(question(topology, random));
      const took = await timed(() => post(`${daemon.url}/allocations/what-if`, 'application/json', body));
      const healthz = await timed(async () => (await fetch(`${daemon.url}/healthz`)).json());
      if (call < 0) continue;
      asked.push(took);
      alive.push(healthz);
    }
    return {
      services,
      chains,
      calls,
      median_ms: quantile(asked, 0.5),
      p99_ms: quantile(asked, 0.99),
      healthz_median_ms: quantile(alive, 0.5),
      ratio: quantile(asked, 0.5) / quantile(alive, 0.5),
    };
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function quantile(all: readonly number[], q: number): number {
  return [...all].sort((left, right) => left - right)[Math.floor(q * (all.length - 1))] ?? Number.NaN;
}

const figures = await measure(
  Number(values.services),
  Number(values.chains),
  Number(values.calls),
  Number(values.seed),
);
console.log(
  `what-if at ${figures.services} × ${figures.chains}: median ${figures.median_ms.toFixed(1)} ms, p99 ${figures.p99_ms.toFixed(1)} ms; GET /healthz ${figures.healthz_median_ms.toFixed(2)} ms`,
);
if (values.json) console.log(JSON.stringify(figures));
