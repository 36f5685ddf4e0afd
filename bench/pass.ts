/**
 * Times one whole pass of the daemon's control, from reading traffic to writing the decision, on a generated system
 * of services and chains with an hour of traffic behind it.
 *
 *     npm run -s bench:pass -- --json     last line: { "cases": [{ services, chains, pass_ms, … }], "peak_rss_bytes" }
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../src/app.ts';
import { loadSettings } from '../src/config/load.ts';
import type { ChainSpec, ServiceSpec, Topology } from '../src/models/data-models.ts';
import type { Clock, Logger, Random } from '../src/models/ports.ts';
import type { Settings } from '../src/models/settings.ts';
import { seededRandom } from '../src/utils/random.ts';

const START = Math.ceil(1_800_000_000 / 60) * 60;
const WINDOWS = 12;
const RECORDS_PER_WINDOW = 6;
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error };

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: ['100x300', '1000x3000'] },
    passes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
});

async function measure(services: number, chains: number, passes: number, seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-bench-'));
  try {
    const random = seededRandom(seed);
    const settings = settingsOf(topologyOf(services, chains, random), folder);
    const clock = new ManualClock();
    const app = await createApp({ settings, clock, logger: SILENT });
    for (let window = 0; window < WINDOWS; window += 1) {
      record(app.daemon.intake, settings.topology, clock, random);
      clock.seconds += 60;
    }
    clock.seconds += 6;
    const durations: number[] = [];
    for (let pass = 0; pass <= passes; pass += 1) {
      const started = performance.now();
      await app.daemon.runPass('interval');
      durations.push(performance.now() - started);
      record(app.daemon.intake, settings.topology, clock, random);
      clock.seconds += 300;
    }
    const plan = app.daemon.whatIf({ loads: {}, slos: {}, bounds: {} }).plan;
    await app.stop();
    return {
      services,
      chains,
      visits: [...settings.topology.chains.values()].flatMap(({ stages }) => stages.flat(2)).length,
      first_pass_ms: durations[0]!,
      pass_ms: median(durations.slice(1)),
      plan_ms: plan.solveMs,
      gap: plan.gap,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class ManualClock implements Clock {
  seconds = START;

  nowSeconds(): number {
    return this.seconds;
  }

  sleep(): Promise<void> {
    return new Promise(() => {});
  }
}

/** Chains of two to five services in sequence, one stage in four with two branches; popular services are shared most. */
function topologyOf(serviceCount: number, chainCount: number, random: Random): Topology {
  const popular = () => `service-${Math.floor(serviceCount * random() ** 1.5)}`;
  const chains = Array.from({ length: chainCount }, (_, index): ChainSpec => {
    const names = [...new Set(Array.from({ length: 2 + Math.floor(random() * 4) }, popular))];
    const visits = names.map((service) => ({ service, visits: 1 }));
    const parallel = visits.length > 3 && random() < 0.25;
    const stages = parallel
      ? [[visits.slice(0, 1)], [visits.slice(1, 2), visits.slice(2)]]
      : visits.map((visit) => [[visit]]);
    const latencySeconds = 0.1 + 0.05 * visits.length;
    return {
      id: `chain-${index}`,
      stages,
      slo: { latencySeconds, percentile: 0.95, objective: 0.95, priority: 1 },
    };
  });
  const passing = new Map<string, string[]>();
  for (const chain of chains) {
    for (const { service } of chain.stages.flat(2))
      passing.set(service, [...(passing.get(service) ?? []), chain.id]);
  }
  const services = [...passing].map(([id, of]) => [id, serviceOf(id, of)] as const);
  return { services: new Map(services), chains: new Map(chains.map((chain) => [chain.id, chain])) };
}

function serviceOf(id: string, chains: readonly string[]): ServiceSpec {
  return {
    id,
    chains,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
    parallelism: 4,
    mode: 'recommend',
    limits: 'follow',
    initial: { cpu: 4, memory: 1024, instances: 2 },
  };
}

function settingsOf(topology: Topology, folder: string): Settings {
  const file = join(import.meta.dirname, '../config/config.yaml');
  const settings = loadSettings({ file, flags: {}, environment: {} });
  return { ...settings, topology, store: { ...settings.store, path: folder } };
}

/** One window's records of every visit: exponential own times that grow with the window's load. */
function record(
  intake: Awaited<ReturnType<typeof createApp>>['daemon']['intake'],
  topology: Topology,
  clock: ManualClock,
  random: Random,
): void {
  for (const { id, stages } of topology.chains.values()) {
    let endToEnd = 0;
    for (let index = 0; index < RECORDS_PER_WINDOW; index += 1) {
      const at = clock.seconds + (60 * index) / RECORDS_PER_WINDOW - 1;
      for (const { service } of stages.flat(2)) {
        const seconds = 0.003 - 0.01 * Math.log(1 - random());
        endToEnd += seconds / RECORDS_PER_WINDOW;
        intake.recordRequest(service, id, seconds, false, at, 4);
      }
      intake.recordEndToEnd(id, endToEnd, false, at, 4);
    }
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const cases = [];
for (const size of values.case) {
  const [services = 0, chains = 0] = size.split('x').map(Number);
  const measured = await measure(services, chains, Number(values.passes), Number(values.seed));
  cases.push(measured);
  console.log(
    `${size}: ${measured.visits} visits, pass ${measured.pass_ms.toFixed(0)} ms (median of ${values.passes}), first ${measured.first_pass_ms.toFixed(0)} ms, planning ${measured.plan_ms.toFixed(0)} ms of it`,
  );
}
const peak = process.resourceUsage().maxRSS * 1024;
console.log(`peak resident memory ${(peak / 2 ** 20).toFixed(0)} MiB`);
if (values.json) console.log(JSON.stringify({ cases, peak_rss_bytes: peak }));
