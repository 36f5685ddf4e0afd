/**
 * How well latency profiles predict measured windows that they were not fitted to.
 *
 *     tsx bench/profile.ts --services FILE --end-to-end FILE --topology FILE [--seed N] [--json]
 *
 * Judged is `exclusive_p95_s` of rows with at least 100 requests in windows in which the host was not saturated, from
 * the rates and quotas of the window alone. "interpolation" splits the windows 70/30 at random; "extrapolation" fits
 * each service on the lower two thirds of its utilisation and judges the upper third. "sampling_error" is what a perfect
 * prediction would have on the windows of "interpolation".
 */
import { parseArgs } from 'node:util';
import { PerformanceImpactQuantifier } from '../src/components/performance-quantifier/performance-quantifier.ts';
import type { LatencyProfile } from '../src/models/profiles.ts';
import { seededRandom } from '../src/utils/random.ts';
import { baseline, hyperbolic, meanOfSimilar, type Point, piecewiseLinear } from './profile/baselines.ts';
import {
  capacityOf,
  cell,
  groupByService,
  type Predict,
  type Row,
  readCsv,
  readStages,
  rowOf,
  type ServiceRows,
  serviceWindow,
  topologyOf,
  WINDOW_SPACING,
} from './profile/measured-windows.ts';
import { samplingError } from './profile/sampling-error.ts';

interface Score {
  readonly median_error: number;
  readonly p90_error: number;
}

const JUDGED_REQUESTS = 100;
/** Every model is asked at most for this utilisation: a 10 s window of an overloaded service is a backlog, not a latency. */
const HIGHEST_UTILIZATION = 0.97;

const { values: flags } = parseArgs({
  options: {
    services: { type: 'string' },
    'end-to-end': { type: 'string' },
    topology: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
if (flags.services === undefined || flags['end-to-end'] === undefined || flags.topology === undefined) {
  process.stderr.write('needs --services FILE --end-to-end FILE --topology FILE\n');
  process.exit(2);
}
const windows = groupByService(readCsv(flags.services));
const endToEnd = readCsv(flags['end-to-end']).filter((row) => row['host_saturated'] !== '1');
const stagesOf = readStages(flags.topology);
const topology = topologyOf(stagesOf);
const result = run(Number(flags.seed));
if (!flags.json) print(result);
process.stdout.write(`${JSON.stringify(result)}\n`);

function run(seed: number) {
  const [train, test] = splitAtRandom(seed);
  const [low, high] = splitByUtilization();
  const learned = learn(train);
  const models = modelsOf(train, learned);
  return {
    interpolation: scores(models, test),
    extrapolation: scores(modelsOf(low, learn(low)), high),
    end_to_end: endToEndScores(models, train, test),
    sampling_error: samplingError(test, windows, JUDGED_REQUESTS),
    demand_error: demandError(learned, test),
    exponents: exponentsOf(learned),
    composition: Object.fromEntries(
      [...stagesOf.keys()].map((chain) => [chain, compose(train).composition(chain)]),
    ),
  };
}

function splitAtRandom(seed: number): [ServiceRows[], ServiceRows[]] {
  const random = seededRandom(seed);
  const indexes = [...new Set(windows.map(({ window }) => window))];
  const drawn = new Map(indexes.map((index) => [index, random()]));
  const held = new Set(
    indexes.sort((a, b) => drawn.get(a)! - drawn.get(b)!).slice(0, Math.round(0.3 * indexes.length)),
  );
  return [
    windows.filter(({ window }) => !held.has(window)),
    windows.filter(({ window }) => held.has(window)),
  ];
}

function splitByUtilization(): [ServiceRows[], ServiceRows[]] {
  const used = (window: ServiceRows) => cell(window, 'cpu_used_cores') / cell(window, 'cpu_limit_cores');
  const parts = [...new Set(windows.map(({ service }) => service))].map((service) => {
    const sorted = windows.filter((window) => window.service === service).sort((a, b) => used(a) - used(b));
    const cut = Math.round((2 / 3) * sorted.length);
    return [sorted.slice(0, cut), sorted.slice(cut)] as const;
  });
  return [parts.flatMap(([low]) => low), parts.flatMap(([, high]) => high)];
}

function learn(train: readonly ServiceRows[]): PerformanceImpactQuantifier {
  const quantifier = new PerformanceImpactQuantifier({ topology });
  const inOrder = [...train].sort((a, b) => a.window - b.window);
  for (const window of inOrder) quantifier.updateProfile(serviceWindow(window));
  quantifier.refit((inOrder.at(-1)!.window + 1) * WINDOW_SPACING);
  return quantifier;
}

function modelsOf(
  train: readonly ServiceRows[],
  learned: PerformanceImpactQuantifier,
): Record<string, Predict> {
  const utilization = (window: ServiceRows) => utilizationBy(learned, window);
  const byPair = (
    fit: (points: readonly Point[]) => (load: number) => number,
    load: (row: Row, w: ServiceRows) => number,
  ) => baseline(train, fit, load);
  const drifts = new Map<number, number>();
  const drift = (window: ServiceRows) => {
    const known = drifts.get(window.window) ?? learned.demandDrift(window.window * WINDOW_SPACING);
    drifts.set(window.window, known);
    return known;
  };
  const waitOf = (window: ServiceRows, profile: LatencyProfile) => {
    const rho = Math.min(
      HIGHEST_UTILIZATION,
      (drift(window) * demandBy(learned, window)) / capacityOf(window),
    );
    return (
      rho ** profile.exponent / (cell(window, 'cpu_limit_cores') ** profile.verticalExponent * (1 - rho))
    );
  };
  return {
    ours: (window, chain) => {
      const profile = learned.profile(window.service, chain);
      if (profile.kind !== 'profile') return Number.NaN;
      const own = profile.floorSeconds + profile.queueingSeconds * waitOf(window, profile);
      return (profile.upstream ?? []).reduce((sum, { service, queueingSeconds }) => {
        const caller = windows.find((each) => each.window === window.window && each.service === service);
        const callers = learned.profile(service, chain);
        if (caller === undefined || callers.kind !== 'profile') return sum;
        return sum + queueingSeconds * waitOf(caller, callers);
      }, own);
    },
    mean: byPair(meanOfSimilar, (row) => Number(row['rate_rps'])),
    'piecewise-linear': byPair(piecewiseLinear, (_, window) => utilization(window)),
    hyperbolic: byPair(hyperbolic, (_, window) => utilization(window)),
  };
}

function utilizationBy(learned: PerformanceImpactQuantifier, window: ServiceRows): number {
  return Math.min(HIGHEST_UTILIZATION, demandBy(learned, window) / capacityOf(window));
}

/** k and η of every service, and the least cpu with which a visit fits into one period of the quota. */
function exponentsOf(learned: PerformanceImpactQuantifier) {
  return Object.fromEntries(
    [...new Set(windows.map(({ service }) => service))].map((service) => {
      const profiles = learned.getLoadLatencyProfile(service);
      return [
        service,
        {
          exponent: profiles[0]?.exponent,
          vertical_exponent: profiles[0]?.verticalExponent,
          least_cpu: Math.max(...profiles.map(({ leastCpu = 0 }) => leastCpu)),
        },
      ];
    }),
  );
}

function demandBy(learned: PerformanceImpactQuantifier, window: ServiceRows): number {
  const [any] = learned.getLoadLatencyProfile(window.service);
  return window.rows.reduce((sum, row) => {
    const profile = learned.profile(window.service, row['chain']!);
    return sum + Number(row['rate_rps']) * (profile.kind === 'profile' ? profile.demandCoreSeconds : 0);
  }, any?.baselineCores ?? 0);
}

function scores(models: Record<string, Predict>, test: readonly ServiceRows[]): Record<string, Score> {
  return Object.fromEntries(
    Object.entries(models).map(([name, predict]) => {
      const errors = test.flatMap((window) =>
        window.rows
          .filter((row) => Number(row['requests']) >= JUDGED_REQUESTS)
          .map((row) => Math.abs(predict(window, row['chain']!) / Number(row['exclusive_p95_s']) - 1)),
      );
      return [name, scoreOf(errors)];
    }),
  );
}

/** γ and δ come from the measured service latencies of the fitted windows and are the same for every model. */
function compose(train: readonly ServiceRows[]): PerformanceImpactQuantifier {
  const quantifier = new PerformanceImpactQuantifier();
  for (const row of endToEnd) {
    const path = pathOf(train, row, (window, chain) => Number(rowOf(window, chain)?.['exclusive_p95_s']));
    if (!(path > 0)) continue;
    quantifier.updateComposition({
      chain: row['chain']!,
      startSeconds: Number(row['window_index']) * WINDOW_SPACING,
      lengthSeconds: 10,
      requests: Number(row['requests']),
      errorRatio: Number(row['errors']) / Math.max(1, Number(row['requests'])),
      percentileSeconds: Number(row['e2e_p95_s']),
      serviceSeconds: new Map([['critical path', path]]),
    });
  }
  return quantifier;
}

function endToEndScores(
  models: Record<string, Predict>,
  train: readonly ServiceRows[],
  test: readonly ServiceRows[],
): Record<string, Score> {
  const composed = compose(train);
  return Object.fromEntries(
    Object.entries(models).map(([name, predict]) => {
      const errors = endToEnd
        .filter((row) => Number(row['requests']) >= JUDGED_REQUESTS)
        .map((row) => {
          const { factor, overheadSeconds } = composed.composition(row['chain']!);
          return (factor * pathOf(test, row, predict) + overheadSeconds) / Number(row['e2e_p95_s']) - 1;
        });
      return [name, scoreOf(errors.map(Math.abs))];
    }),
  );
}

/** Stages add, the slowest branch decides; NaN when the window is not among `from`. */
function pathOf(from: readonly ServiceRows[], row: Row, latency: Predict): number {
  const ofWindow = new Map(
    from
      .filter(({ window }) => window === Number(row['window_index']))
      .map((window) => [window.service, window]),
  );
  return stagesOf.get(row['chain']!)!.reduce((sum, stage) => {
    const branches = stage.map((service) => {
      const window = ofWindow.get(service);
      return window === undefined ? Number.NaN : latency(window, row['chain']!);
    });
    return sum + Math.max(...branches);
  }, 0);
}

/** Median |Σ rate·demand / measured CPU − 1| of windows that were not fitted; the machine's own drift is in it. */
function demandError(learned: PerformanceImpactQuantifier, test: readonly ServiceRows[]): number {
  const busy = test.filter((window) => cell(window, 'cpu_used_cores') < 0.9 * capacityOf(window));
  return scoreOf(busy.map((w) => Math.abs(demandBy(learned, w) / cell(w, 'cpu_used_cores') - 1)))
    .median_error;
}

function scoreOf(errors: readonly number[]): Score {
  const sorted = errors.filter((error) => !Number.isNaN(error)).sort((a, b) => a - b);
  const at = (q: number) =>
    Number(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]?.toFixed(4));
  return { median_error: at(0.5), p90_error: at(0.9) };
}

function print(report: ReturnType<typeof run>): void {
  for (const part of ['interpolation', 'extrapolation', 'end_to_end'] as const) {
    for (const [model, score] of Object.entries(report[part])) {
      process.stdout.write(`${part} ${model}: median ${score.median_error}, p90 ${score.p90_error}\n`);
    }
  }
}
