/**
 * How well profiles are learned from synthetic windows whose truth is known: 20 services with 5 chains each, 5 % noise and
 * 10 % garbage; 60 windows, then a change.
 *
 *     npm run -s bench:learning -- --seeds 3 --json
 *       last line: { "cases": [{ case, demand_error, demand_error_p90, prediction_error, prediction_error_p90,
 *                    changes: [{ change, demand_error, …, windows_to_recover, windows_to_recover_p90, shrinkable }] }] }
 *
 * Errors are relative; of a change those five windows after it, of the services that have changed. A service has recovered
 * when its demands and its predictions are within 20 % at the median and stay so. `shrinkable` counts windows in which one
 * that has not recovered is confident enough to be shrunk (`control.min_confidence` 0.1).
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/utils/random.ts';
import { Course } from './learning/course.ts';
import { type LearningErrors, quantile } from './learning/learning-errors.ts';
import {
  type Load,
  type SyntheticOptions,
  syntheticServices,
  type TrueService,
  withDemand,
  withFloor,
} from './learning/synthetic-services.ts';

const WINDOWS = 60;
const AFTER_CHANGE = 20;
const JUDGED_AFTER = 5;
const MIN_CONFIDENCE = 0.1;
const RECOVERED = 0.2;
const WIDE: Load = { utilization: [0.1, 0.85] };
/** A load that twice the demand still fits. */
const CALM: Load = { utilization: [0.1, 0.42] };

const CASES: Readonly<Record<string, SyntheticOptions>> = {
  'k = 1, eta = 0.5, one size': {},
  'k = 1, eta = 0.5, three sizes': { sizes: 3 },
  'k in [1, 2], eta in [0, 1], three sizes': { sizes: 3, exponents: [1, 2], verticalExponents: [0, 1] },
};

interface Change {
  readonly name: string;
  /** Every n-th service changes. */
  readonly every: number;
  readonly load: Load;
  readonly of: (service: TrueService) => TrueService;
}

const CHANGES: readonly Change[] = [
  {
    name: 'demand of all services doubles',
    every: 1,
    load: { utilization: [0.2, 0.84] },
    of: (s) => withDemand(s, 2),
  },
  { name: 'demand of a quarter halves', every: 4, load: CALM, of: (s) => withDemand(s, 0.5) },
  { name: 'floor of a quarter doubles', every: 4, load: CALM, of: (s) => withFloor(s, 2) },
  { name: 'floor of a quarter grows fivefold', every: 4, load: CALM, of: (s) => withFloor(s, 5) },
];

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seeds: { type: 'string', default: '3' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed + 1);

const cases = Object.entries(CASES).map(([name, options]) => {
  const steady = figuresOf(seeds.map((seed) => learned(options, seed)));
  console.log(`${name}: ${shown(steady)}`);
  const changes = CHANGES.map((change) => {
    const runs = seeds.flatMap((seed) => changed(change, options, seed));
    const figures = { change: change.name, ...recoveryOf(runs) };
    const { windows_to_recover, windows_to_recover_p90, shrinkable } = figures;
    console.log(
      `  ${change.name}: ${shown(figures)}, recovered after ${windows_to_recover} (p90 ${windows_to_recover_p90}), shrinkable ${shrinkable}`,
    );
    return figures;
  });
  return { case: name, ...steady, changes };
});
if (values.json) console.log(JSON.stringify({ cases }));

function learned(options: SyntheticOptions, seed: number): LearningErrors {
  const services = syntheticServices(seededRandom(seed), options);
  const course = new Course(seed);
  course.feed(services, WIDE, WINDOWS);
  return course.errors(services, WIDE);
}

/** One service after the change, window by window. */
interface Recovery {
  readonly errors: readonly LearningErrors[];
  readonly isTrusted: readonly boolean[];
}

function changed(change: Change, options: SyntheticOptions, seed: number): Recovery[] {
  const before = syntheticServices(seededRandom(seed), options);
  const course = new Course(seed);
  course.feed(before, CALM, WINDOWS);
  const after = before.map((service, s) => (s % change.every === 0 ? change.of(service) : service));
  const judged = after.filter((_, s) => s % change.every === 0);
  const windows = Array.from({ length: AFTER_CHANGE }, () => {
    course.feed(after, change.load, 1);
    return judged.map((service) => ({
      errors: course.errors([service], change.load),
      isTrusted: course.isTrusted(service, MIN_CONFIDENCE),
    }));
  });
  return judged.map((_, s) => ({
    errors: windows.map((window) => window[s]!.errors),
    isTrusted: windows.map((window) => window[s]!.isTrusted),
  }));
}

function recoveryOf(runs: readonly Recovery[]) {
  const recovered = runs.map(({ errors }) => 1 + errors.findLastIndex((error) => !hasRecovered(error)));
  const shrinkable = runs.map(
    ({ isTrusted }, r) => isTrusted.slice(0, recovered[r]).filter((trusted) => trusted).length,
  );
  return {
    ...figuresOf(runs.map(({ errors }) => errors[JUDGED_AFTER - 1]!)),
    windows_to_recover: 1 + quantile(recovered, 0.5),
    windows_to_recover_p90: 1 + quantile(recovered, 0.9),
    shrinkable: shrinkable.reduce((sum, count) => sum + count, 0),
  };
}

function hasRecovered({ demand, prediction }: LearningErrors): boolean {
  return quantile(demand, 0.5) < RECOVERED && quantile(prediction, 0.5) < RECOVERED;
}

function figuresOf(all: readonly LearningErrors[]) {
  const demand = all.flatMap((errors) => errors.demand);
  const prediction = all.flatMap((errors) => errors.prediction);
  return {
    demand_error: quantile(demand, 0.5),
    demand_error_p90: quantile(demand, 0.9),
    prediction_error: quantile(prediction, 0.5),
    prediction_error_p90: quantile(prediction, 0.9),
  };
}

function shown(figures: ReturnType<typeof figuresOf>): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return (
    `demands ${percent(figures.demand_error)} (p90 ${percent(figures.demand_error_p90)}), ` +
    `predictions ${percent(figures.prediction_error)} (p90 ${percent(figures.prediction_error_p90)})`
  );
}
