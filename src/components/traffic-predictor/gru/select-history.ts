import type { ChainSeries } from '../../../models/metrics.ts';
import type { Random } from '../../../models/ports.ts';
import { breather } from '../breathe.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import type { Cuts, TrainingSeries } from './training-set.ts';

/** Bytes of a row: rate, latency, error ratio. */
const ROW_BYTES = 24;
/** Share of the memory of a training that the history may take. */
const HISTORY_SHARE = 0.25;
/** Share of the history for validation, and as much again for the gate's backtest. */
const HELD_SHARE = 0.15;
/** But no more than these steps each: what is newest should be learned from too. */
const MOST_HELD_STEPS = 240;

export interface TrainingHistory {
  readonly series: readonly TrainingSeries[];
  readonly cuts: Cuts;
  readonly cutSeconds: number;
}

/** Known steps that at least one series must have. */
export function neededSteps(shape: NetworkShape): number {
  return 3 * (shape.sequenceLength + shape.horizon);
}

export function knownSteps(series: ChainSeries): number {
  let known = 0;
  for (const rate of series.rates) if (!Number.isNaN(rate)) known += 1;
  return known;
}

/**
 * Copies what the network is trained on: the newest steps of the series, all or a seeded choice, as many as a share of the
 * memory of a training holds, on one time axis. The last part is split off in time, for all series at the same moments: what comes after
 * `trainingEnd` chooses the epoch, what comes after `validationEnd` is not seen at all and is left to the gate.
 *
 * @param series with equal `stepSeconds`, at least one
 */
export async function selectHistory(
  series: readonly ChainSeries[],
  shape: NetworkShape,
  memoryBytes: number,
  random: Random,
): Promise<TrainingHistory> {
  const least = neededSteps(shape);
  const mostRows = (HISTORY_SHARE * memoryBytes) / ROW_BYTES;
  const chosen = choose(series, Math.max(1, Math.floor(mostRows / least)), random);
  const room = Math.max(least, Math.floor(mostRows / chosen.length));
  const stepSeconds = chosen[0]!.stepSeconds;
  const cutStarts = chosen.map(
    (one) => one.startSeconds + Math.max(0, one.rates.length - room) * stepSeconds,
  );
  const zeroSeconds = cutStarts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY);
  const breathe = breather();
  const selected: TrainingSeries[] = [];
  for (const [i, one] of chosen.entries()) {
    selected.push({
      firstStep: Math.round((cutStarts[i]! - zeroSeconds) / stepSeconds),
      rates: one.rates.slice(-room),
      latencies: one.latencies.slice(-room),
      errorRatios: one.errorRatios.slice(-room),
    });
    await breathe();
  }
  const cuts = cutsOf(selected, shape);
  return { series: selected, cuts, cutSeconds: zeroSeconds + cuts.validationEnd * stepSeconds };
}

function choose(series: readonly ChainSeries[], count: number, random: Random): readonly ChainSeries[] {
  if (series.length <= count) return series;
  const shuffled = series.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  return shuffled.slice(0, count).map(({ one }) => one);
}

function cutsOf(series: readonly TrainingSeries[], shape: NetworkShape): Cuts {
  let end = 0;
  let longest = 0;
  for (const { firstStep, rates } of series) {
    end = Math.max(end, firstStep + rates.length);
    longest = Math.max(longest, rates.length);
  }
  const held = Math.max(shape.horizon, Math.min(MOST_HELD_STEPS, Math.round(HELD_SHARE * longest)));
  return { trainingEnd: end - 2 * held, validationEnd: end - held };
}

/** The buffers of a selection; they can be given away, they are copies. */
export function buffersOf(history: TrainingHistory): ArrayBuffer[] {
  return history.series.flatMap((one) =>
    [one.rates, one.latencies, one.errorRatios]
      .map(({ buffer }) => buffer)
      .filter((b) => b instanceof ArrayBuffer),
  );
}
