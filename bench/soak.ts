/**
 * Does the daemon's memory stay flat, and does its event loop stay free? Posts records at a steady rate on the real
 * clock and watches the daemon's own metrics. Steps are shortened to 5 s by default, so that within half an hour
 * there is enough history for a training.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/models/errors.ts';
import { type LoopResult, runClosedLoop } from './replay/closed-loop.ts';
import { DaemonClient } from './replay/daemon-client.ts';
import { DaemonClock } from './replay/daemon-clock.ts';
import { startDaemon } from './replay/daemon-process.ts';
import { interruption } from './replay/interruption.ts';
import { positive } from './replay/replay-options.ts';
import { shippedSystem } from './replay/shipped-system.ts';
import { type SoakSample, soakSample, soakSummary } from './soak/soak-samples.ts';

const USAGE = `npm run -s bench:soak -- [options]

  --minutes N   how long (30)
  --rate N      records/s, visits and end-to-end samples together (1000)
  --step S      prediction.step (5)
  --json        the last line is one JSON object`;

const SAMPLE_EVERY_SECONDS = 10;
const WAVE_SECONDS = 600;
const INITIAL = { cpu: 4, memory: 8192, instances: 1 };
const DEMANDS = { authDemand: 0.004, paymentDemand: 0.006 };

interface SoakOptions {
  readonly minutes: number;
  readonly rate: number;
  readonly step: number;
  readonly json: boolean;
}

if (process.argv.includes('--help')) console.log(USAGE);
else {
  try {
    await main(soakOptions());
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}

function soakOptions(): SoakOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { minutes: text, rate: text, step: text, json: { type: 'boolean', default: false } },
  });
  return {
    minutes: positive('--minutes', values.minutes ?? '30'),
    rate: positive('--rate', values.rate ?? '1000'),
    step: positive('--step', values.step ?? '5'),
    json: values.json,
  };
}

async function main(options: SoakOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-soak-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, withStep(readFileSync('config/config.yaml', 'utf8'), options.step));
  const signal = interruption();
  const daemon = await startDaemon({ config });
  try {
    report(options, await soak(options, new DaemonClient(daemon.url), signal));
  } finally {
    await daemon.stop();
    for (const complaint of daemon.complaints) console.error(complaint);
    rmSync(folder, { recursive: true, force: true });
  }
}

function withStep(shipped: string, step: number): string {
  return shipped.replace(/^prediction:$/m, `prediction:\n  step: ${step}`);
}

interface Soaked {
  readonly samples: readonly SoakSample[];
  readonly result: LoopResult;
}

async function soak(options: SoakOptions, client: DaemonClient, signal: AbortSignal): Promise<Soaked> {
  const system = shippedSystem(DEMANDS);
  const recordsPerRequest =
    1 + system.chains.reduce((sum, { share, steps }) => sum + share * steps.length, 0);
  const ended = new AbortController();
  const sampling = sample(client, ended.signal);
  try {
    const result = await runClosedLoop({
      client,
      clock: await DaemonClock.read(client),
      system,
      trace: wave(options.rate / recordsPerRequest, options.minutes * 60),
      seed: 1,
      initial: INITIAL,
      applyDelaySeconds: 30,
      withCpu: false,
      sliceSeconds: 1,
      signal,
    });
    return { result, samples: await stopped(sampling, ended) };
  } catch (error) {
    await stopped(sampling, ended);
    throw error;
  }
}

function stopped<T>(work: Promise<T>, stop: AbortController): Promise<T> {
  stop.abort();
  return work;
}

async function sample(client: DaemonClient, signal: AbortSignal): Promise<SoakSample[]> {
  const startedMs = performance.now();
  const samples: SoakSample[] = [];
  while (!signal.aborted) {
    samples.push(soakSample(await client.metrics(), (performance.now() - startedMs) / 60_000));
    // An abort ends the wait, and with it the loop.
    await sleep(SAMPLE_EVERY_SECONDS * 1000, undefined, { signal }).catch(() => {});
  }
  return samples;
}

/** A rate that goes up and down by a fifth around its mean, so that there is something to forecast. */
function wave(meanRate: number, seconds: number) {
  const rateAt = (second: number) => meanRate * (1 + 0.2 * Math.sin((2 * Math.PI * second) / WAVE_SECONDS));
  return {
    bucketSeconds: 1,
    ratesPerSecond: Float64Array.from({ length: Math.ceil(seconds) }, (_, second) => rateAt(second)),
  };
}

function report(options: SoakOptions, { samples, result }: Soaked): void {
  const summary = soakSummary(samples);
  const { records, rejected, p99PostMs } = result.delivery;
  const training =
    summary.highestWhileTrainingMs === undefined
      ? 'no training'
      : `${summary.highestWhileTrainingMs.toFixed(1)} ms at most while training`;
  console.log(
    [
      `${records} records (${rejected} rejected) in ${(result.wallSeconds / 60).toFixed(1)} min: ${(records / result.wallSeconds).toFixed(0)}/s; POST p99 ${p99PostMs.toFixed(1)} ms`,
      `RSS ${summary.rssSlope.toFixed(3)} MiB/min over the last two thirds, ${summary.highestRssMebibytes.toFixed(0)} MiB at most; heap ${summary.heapSlope.toFixed(3)} MiB/min`,
      `event-loop delay p99 per 10 s: ${summary.medianEventLoopDelayP99Ms.toFixed(1)} ms (median), ${summary.highestEventLoopDelayP99Ms.toFixed(1)} ms (highest), ${training}`,
    ].join('\n'),
  );
  const { run: _, ...loop } = result;
  if (options.json) console.log(JSON.stringify({ ...options, ...summary, loop, series: samples }));
}
