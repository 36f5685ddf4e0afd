/**
 * Times one whole pass of the daemon's control, from reading traffic to writing the decision, on a generated system
 * of services and chains with a quarter of an hour of traffic behind it; and what runs more often than a pass: the
 * check for an early one, and the flush.
 *
 *     npm run -s bench:pass -- --json     last line: { "cases": [{ services, chains, pass_ms, … }], "peak_rss_bytes" }
 *     npm run -s bench:pass -- --in-place the same for services that are resized in place, whose passes come every 15 s
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../src/app.ts';
import { TrafficMonitor } from '../src/components/traffic-monitor/traffic-monitor.ts';
import { PassMemory } from '../src/control/books/pass-memory.ts';
import { reasonForEarlyPass } from '../src/control/early-pass.ts';
import { recommendExecutor } from '../src/control/recommend-executor.ts';
import type { Daemon } from '../src/models/daemon.ts';
import type { Logger } from '../src/models/ports.ts';
import { openHistoryStore } from '../src/store/history-store.ts';
import { seededRandom } from '../src/utils/random.ts';
import { settingsOf, topologyOf } from './pass/generated-system.ts';
import { ManualClock, minuteOfTraffic } from './pass/minute-of-traffic.ts';

const START = Math.ceil(1_800_000_000 / 60) * 60;
const MINUTES = 15;
/** Records still under way at the end of a minute are waited for: the minute is then closed. */
const LATENESS_SECONDS = 6;
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error };

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: ['100x300', '1000x3000'] },
    passes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    'in-place': { type: 'boolean', default: false },
  },
});

async function measure(services: number, chains: number, passes: number, seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-bench-'));
  try {
    const random = seededRandom(seed);
    const mode = values['in-place'] ? 'in-place' : 'recommend';
    const settings = settingsOf(topologyOf(services, chains, random, mode), folder);
    const clock = new ManualClock(START + LATENESS_SECONDS);
    // Without a cluster nothing is carried out; everything before that is done.
    const app = await createApp({ settings, clock, logger: SILENT, executor: recommendExecutor });
    const { daemon } = app;
    const nextMinute = () => minuteOfTraffic(daemon.intake, settings.topology, clock, random);
    for (let minute = 0; minute < MINUTES; minute += 1) nextMinute();
    const times: Times[] = [];
    for (let pass = 0; pass <= passes; pass += 1) {
      // The daemon does it each second.
      flush(daemon, folder);
      times.push(await timed(() => daemon.runPass(pass > 0 && values['in-place'] ? 'in-place' : 'interval')));
      nextMinute();
    }
    const early = await timed(() => earlyCheck(daemon));
    flush(daemon, folder);
    nextMinute();
    const flushOfMinute = await timed(() => flush(daemon, folder));
    const plan = daemon.whatIf({ loads: {}, slos: {}, bounds: {} }).plan;
    await app.stop();
    return {
      services,
      chains,
      visits: [...settings.topology.chains.values()].flatMap(({ stages }) => stages.flat(2)).length,
      first_pass_ms: times[0]!.wallMs,
      first_pass_cpu_ms: times[0]!.cpuMs,
      pass_ms: median(times.slice(1).map(({ wallMs }) => wallMs)),
      pass_cpu_ms: median(times.slice(1).map(({ cpuMs }) => cpuMs)),
      early_check_cpu_ms: early.cpuMs,
      flush_minute_cpu_ms: flushOfMinute.cpuMs,
      plan_ms: plan.solveMs,
      gap: plan.gap,
      binding: plan.chains.filter(({ binding }) => binding.length > 0).length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Times {
  readonly wallMs: number;
  /** Of all threads. */
  readonly cpuMs: number;
}

async function timed(run: () => unknown): Promise<Times> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
}

function earlyCheck({ traffic, settings, clock, latestDecision }: Daemon): void {
  const memory = new PassMemory();
  memory.restore([latestDecision()!]);
  reasonForEarlyPass({ traffic, settings, memory }, clock.nowSeconds());
}

/** Writes the windows that have changed to a store beside the daemon's. */
function flush({ traffic }: Daemon, folder: string): void {
  if (!(traffic instanceof TrafficMonitor)) throw new Error('another monitor than the one that is measured');
  const store = openHistoryStore(join(folder, 'flushed'));
  store.saveWindows(traffic.drain());
  store.close();
}

function median(all: readonly number[]): number {
  return [...all].sort((left, right) => left - right)[Math.floor(all.length / 2)] ?? Number.NaN;
}

const cases = [];
for (const size of values.case) {
  const [services = 0, chains = 0] = size.split('x').map(Number);
  const measured = await measure(services, chains, Number(values.passes), Number(values.seed));
  cases.push(measured);
  console.log(
    `${size}: ${measured.visits} visits, pass ${measured.pass_ms.toFixed(0)} ms (median of ${values.passes}; CPU ${measured.pass_cpu_ms.toFixed(0)} ms), first ${measured.first_pass_ms.toFixed(0)} ms, planning ${measured.plan_ms.toFixed(0)} ms of it`,
  );
}
const peak = process.resourceUsage().maxRSS * 1024;
console.log(`peak resident memory ${(peak / 2 ** 20).toFixed(0)} MiB`);
if (values.json) console.log(JSON.stringify({ cases, peak_rss_bytes: peak }));
