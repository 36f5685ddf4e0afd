/**
 * Plays a recorded request rate as the chains of the shipped configuration against a daemon, in a closed loop, and
 * says what came of it. `--help` lists the options.
 */
import { basename } from 'node:path';
import { messageOf } from '../../src/models/errors.ts';
import { type RateTrace, traceSeconds } from './arrivals.ts';
import { type LoopResult, runClosedLoop } from './closed-loop.ts';
import { loadFollowing } from './correlation.ts';
import { DaemonClient } from './daemon-client.ts';
import { DaemonClock } from './daemon-clock.ts';
import { type StartedDaemon, startDaemon } from './daemon-process.ts';
import { interruption } from './interruption.ts';
import { type ReplayOptions, replayOptions, USAGE } from './replay-options.ts';
import { changeList, minuteTable, type NamedScores, scoreTable } from './replay-report.ts';
import { type SimulatedSystem, shippedSystem } from './shipped-system.ts';
import { alwaysAtMax, runStatic, type StaticCase, smallestStatic } from './static-runs.ts';
import { readTrace } from './trace-file.ts';

const CONFIG = 'config/config.yaml';

/** With these the highest rate of the shipped traces needs a few cores, and an idle system is far below its SLOs. */
const DEMANDS = { authDemand: 0.008, paymentDemand: 0.012 };

/** One instance at the upper bounds: what the configuration takes for granted when nothing is told. */
const INITIAL = { cpu: 4, memory: 8192, instances: 1 };

/** A simulation that is further behind the daemon's clock than this disturbs what it measures. */
const NOTABLE_LAG_SECONDS = 30;
const BEHIND =
  "note: the simulation fell behind the daemon's clock, so the daemon learned of its traffic late; use a lower --speed";

if (process.argv.includes('--help')) console.log(USAGE);
else {
  try {
    await main(replayOptions(process.argv.slice(2)));
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}

async function main(options: ReplayOptions): Promise<void> {
  const trace = readTrace(options.trace, options);
  const system = shippedSystem(DEMANDS);
  const subject: StaticCase = { system, trace, seed: options.seed };
  const played = options.baseline === undefined ? await playAgainstDaemon(options, system, trace) : undefined;
  const complete = played === undefined || played.result.run.nowSeconds >= traceSeconds(trace);
  const baselines = complete ? staticScores(subject, options.baseline) : [];
  const runs = played === undefined ? baselines : [played.named, ...baselines];
  const title = `${basename(options.trace)}, ${(traceSeconds(trace) / 3600).toFixed(2)} h, rates × ${options.scale}`;
  if (!complete) console.log('interrupted: only what was played until then, and nothing to compare it with');
  console.log(`${title}\n\n${scoreTable(runs)}\n`);
  if (played !== undefined) console.log(describeLoop(played.result, system));
  if (options.json) console.log(JSON.stringify(summary(options, runs, played?.result)));
}

async function playAgainstDaemon(
  options: ReplayOptions,
  system: SimulatedSystem,
  trace: RateTrace,
): Promise<{ readonly named: NamedScores; readonly result: LoopResult }> {
  const signal = interruption();
  let daemon: StartedDaemon | undefined;
  try {
    if (options.url === undefined) {
      daemon = await startDaemon({ config: CONFIG, clockSpeed: options.speed });
    }
    const client = new DaemonClient(options.url ?? daemon?.url ?? '');
    const result = await runClosedLoop({
      client,
      clock: await DaemonClock.read(client),
      system,
      trace,
      seed: options.seed,
      initial: INITIAL,
      applyDelaySeconds: options.delay,
      withCpu: options.withCpu,
      signal,
    });
    return { named: { name: 'DTA-SLO', scores: result.run.scores() }, result };
  } finally {
    await daemon?.stop();
    for (const complaint of daemon?.complaints ?? []) console.error(complaint);
  }
}

function staticScores(subject: StaticCase, only: string | undefined): NamedScores[] {
  const scores: NamedScores[] = [];
  if (only !== 'peak') {
    scores.push({ name: 'always at max', scores: runStatic(subject, alwaysAtMax(subject.system)) });
  }
  if (only !== 'max') {
    const shapes = smallestStatic(subject);
    const name = shapes.map(({ cpu, instances }) => `${instances} × ${cpu.toFixed(1)}`).join(' and ');
    scores.push({ name: `smallest constant (${name} cores)`, scores: runStatic(subject, shapes) });
  }
  return scores;
}

function describeLoop(result: LoopResult, system: SimulatedSystem): string {
  const { minutes } = result.run.scores();
  const services = system.services.map(({ id }) => id);
  const { fromMinute, atOnce, lagMinutes, atLag } = loadFollowing(minutes);
  const { records, accepted, rejected, firstError, posts, medianPostMs, p99PostMs } = result.delivery;
  const { slowestCall, slowestCallMs } = result.delivery;
  const behind = `${result.meanLagSeconds.toFixed(1)} s on average, ${result.highestLagSeconds.toFixed(1)} s at most`;
  return [
    minuteTable(minutes, services, Math.max(1, Math.round(minutes.length / 20))),
    '',
    changeList(result.changes),
    '',
    `decisions ${result.decisions}, changes of a service's capacity ${result.changes.length}`,
    `correlation of cores with load from minute ${fromMinute} on: ${shown(atOnce)} at once, ${shown(atLag)} at best, ${lagMinutes} min later`,
    `${records} records (${accepted} accepted, ${rejected} rejected${firstError && `: ${firstError}`}) in ${posts} posts of ${medianPostMs.toFixed(0)} ms (median) and ${p99PostMs.toFixed(0)} ms (p99)`,
    `${result.wallSeconds.toFixed(0)} s of wall time, ${result.achievedSpeed.toFixed(1)} × real time; behind the daemon's clock ${behind} of simulated time`,
    `slowest call ${slowestCall} ${slowestCallMs.toFixed(0)} ms, slowest slice of the simulation ${result.slowestSliceMs.toFixed(0)} ms`,
    ...(result.highestLagSeconds > NOTABLE_LAG_SECONDS ? [BEHIND] : []),
  ].join('\n');
}

function shown(correlation: number): string {
  return Number.isNaN(correlation) ? 'unknown' : correlation.toFixed(2);
}

function summary(options: ReplayOptions, runs: readonly NamedScores[], result: LoopResult | undefined) {
  const compared = runs.map(({ name, scores: { minutes: _, ...scores } }) => ({ name, ...scores }));
  const common = { trace: basename(options.trace), seed: options.seed, scale: options.scale, runs: compared };
  if (result === undefined) return common;
  const { run, ...loop } = result;
  const { minutes } = run.scores();
  return { ...common, withCpu: options.withCpu, loop, following: loadFollowing(minutes), minutes };
}
