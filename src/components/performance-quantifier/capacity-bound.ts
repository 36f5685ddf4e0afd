import type { FitEvidence } from './fit-evidence.ts';
import type { QuantifierSettings } from './options.ts';
import { utilizations } from './utilizations.ts';

/** Highest ρ that a window can have had whose requests were served without piling up. */
export const MOST_SERVED = 0.95;
/** Own times this many times those at the lowest load may be those of a saturated service. */
const OVERLOADED_GROWTH = 3;
/** The lowest load may be this share of the highest, for their latencies to tell how latency grows. */
const TELLING_LOAD = 0.7;

/**
 * Growth of the own times in every window over those at the lowest load, weighted with the visits; NaN for windows that
 * bound nothing: too few requests, too many errors, or `OVERLOADED_GROWTH` and more, which may be saturation.
 */
export function growthWhereServed(
  evidence: FitEvidence,
  lowLoadSeconds: Float64Array,
  settings: QuantifierSettings,
): Float64Array {
  return Float64Array.from({ length: evidence.count }, (_, row) => {
    let requests = 0;
    let seconds = 0;
    let secondsAtLowLoad = 0;
    for (const [c, { columns }] of evidence.pairs.entries()) {
      const count = columns.requests[row]!;
      if (count > 0 && columns.errorRatios[row]! > settings.maxErrorRatio) return Number.NaN;
      if (!(columns.means[row]! > 0)) continue;
      requests += count;
      seconds += count * columns.means[row]!;
      secondsAtLowLoad += count * lowLoadSeconds[c]!;
    }
    const growth = seconds / secondsAtLowLoad;
    return requests >= settings.minRequests && growth < OVERLOADED_GROWTH ? growth : Number.NaN;
  });
}

export interface BoundedDemand {
  readonly demands: Float64Array;
  /** What a prior's b/(a·u^η) may be at most; Infinity when the windows do not tell. */
  readonly queueingRatio: number;
}

/**
 * Demands that the capacity can have served: a window whose latency did not run away was served by the capacity in
 * force, so Σ rate·d ≤ C in it (utilisation law: Lazowska et al., Quantitative System Performance, 1984, section 3.3).
 * All demands of the service are scaled by the one factor with which that holds, with ρ ≤ 0.95, in each such window.
 *
 * Where they had to be, the highest ρ stands for a load under which latency was seen to grow by no more than `growth`:
 * a curve 1 + β·ρ/(1−ρ) through both the lowest and the highest load has the `queueingRatio` β.
 */
export function withinCapacity(
  evidence: FitEvidence,
  demands: Float64Array,
  growth: Float64Array,
): BoundedDemand {
  const load = utilizations(evidence, demands);
  const highest = extremeOf(load, growth, (value, best) => value > best);
  if (highest < 0 || load[highest]! <= MOST_SERVED) {
    return { demands, queueingRatio: Number.POSITIVE_INFINITY };
  }
  const scale = MOST_SERVED / load[highest]!;
  const lowest = extremeOf(load, growth, (value, best) => value < best);
  const low = load[lowest]! * scale;
  return {
    demands: demands.map((demand) => demand * scale),
    queueingRatio: ratioBetween(low, growth[highest]! / growth[lowest]!),
  };
}

function extremeOf(
  load: Float64Array,
  growth: Float64Array,
  isBeyond: (value: number, best: number) => boolean,
): number {
  let found = -1;
  for (let i = 0; i < load.length; i++) {
    if (!Number.isNaN(growth[i]!) && (found < 0 || isBeyond(load[i]!, load[found]!))) found = i;
  }
  return found;
}

/** β of (1 + β·T)/(1 + β·t) = growth, T and t being ρ/(1−ρ) at the highest and the lowest load. */
function ratioBetween(low: number, growth: number): number {
  if (low > TELLING_LOAD * MOST_SERVED) return Number.POSITIVE_INFINITY;
  const highTerm = MOST_SERVED / (1 - MOST_SERVED);
  const lowTerm = low / (1 - low);
  const room = highTerm - growth * lowTerm;
  return room > 0 ? Math.max(0, growth - 1) / room : Number.POSITIVE_INFINITY;
}
