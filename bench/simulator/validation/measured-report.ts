/** What `bench:simulator` says of the measured windows. */
import { join } from 'node:path';
import { groupByService, readCsv } from '../../profile/measured-windows.ts';
import { samplingError } from '../../profile/sampling-error.ts';
import { summarize, thirds } from './error-summary.ts';
import { type Comparison, LEAST_REQUESTS, type ReplayOptions, replay } from './measured-errors.ts';
import { type Measurements, readMeasurements } from './measured-windows.ts';

/** In which the measurements' description suspects stalls of the machine, since all services were slow at once. */
const STALLED_WINDOWS: readonly number[] = [3, 21, 77];
/** Fewer than the main one has, which alone makes errors larger: variants are compared with one that differs in nothing else. */
const VARIANT_SEEDS = 5;

/** Undefined when nothing was measured there. */
export function measuredReport(folder: string, seeds: number, seed: number, largestWindows = Infinity) {
  const all = readMeasurements(folder);
  if (all === undefined) return undefined;
  const measurements = { ...all, windows: all.windows.slice(0, largestWindows) };
  const variant = (options: Partial<ReplayOptions>) => variantOf(measurements, seed, options);
  const comparisons = replay(measurements, { seeds, seed, speed: 'common' });
  const own = comparisons.filter(isOwn);
  const endToEnd = comparisons.filter((each) => !isOwn(each));
  return {
    windows: measurements.windows.length,
    seeds,
    self: detailed(own),
    end_to_end: detailed(endToEnd),
    by_service: groups(own, ({ service }) => service),
    by_chain: groups(endToEnd, ({ chain }) => chain),
    sampling_error_of_repeats: repeats(folder),
    variants: {
      without_stalled_windows: bothOf(comparisons.filter(({ window }) => !STALLED_WINDOWS.includes(window))),
      as_few_seeds_as_below: variant({}),
      every_service_its_own_speed: variant({ speed: 'own' }),
      speed_unknown: variant({ speed: 'none' }),
      cores_not_shared: variant({ machine: { hostCores: Infinity } }),
      quotas_end_at_once: variant({ machine: { tickSeconds: 0 } }),
    },
  };
}

export type MeasuredReport = NonNullable<ReturnType<typeof measuredReport>>;

function variantOf(measurements: Measurements, seed: number, options: Partial<ReplayOptions>) {
  return bothOf(replay(measurements, { seeds: VARIANT_SEEDS, seed, speed: 'common', ...options }));
}

function bothOf(comparisons: readonly Comparison[]) {
  return {
    self: summarize(comparisons.filter(isOwn)),
    end_to_end: summarize(comparisons.filter((each) => !isOwn(each))),
  };
}

function isOwn({ service }: Comparison): boolean {
  return service !== 'end-to-end';
}

function detailed(comparisons: readonly Comparison[]) {
  return {
    ...summarize(comparisons),
    by_utilization: thirds(comparisons, ({ utilization }) => utilization),
    by_quota: thirds(comparisons, ({ quota }) => quota),
    by_host_cores: thirds(comparisons, ({ hostCores }) => hostCores),
  };
}

function groups(comparisons: readonly Comparison[], by: (each: Comparison) => string) {
  const names = [...new Set(comparisons.map(by))].sort();
  return Object.fromEntries(
    names.map((name) => [name, detailed(comparisons.filter((each) => by(each) === name))]),
  );
}

/** How far two windows of nearly the same rates and quotas are from each other: what a perfect prediction would err. */
function repeats(folder: string) {
  const rows = readCsv(join(folder, 'chains-a-services.csv'));
  const windows = groupByService(rows.map((row) => ({ ...row, exclusive_p95_s: row['self_p95_s'] ?? '' })));
  return samplingError(windows, windows, LEAST_REQUESTS);
}
