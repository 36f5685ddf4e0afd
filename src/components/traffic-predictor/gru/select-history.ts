import type { ChainSeries } from '../../../models/metrics.ts';
import type { Random } from '../../../models/ports.ts';
import { breather } from '../breathe.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import type { TrainingSeries } from './training-places.ts';

/** Bytes of a row: rate, latency, error ratio. */
const ROW_BYTES = 24;
/** Share of the memory of a training that the history may take. */
const HISTORY_SHARE = 0.25;
/** Eight days. */
const WANTED_SECONDS = 8 * 86_400;
/** The newest part of the history is kept from training, so that forecasts there are honest: this share of it. */
const HELD_SHARE = 0.15;
/** But no more than these steps: what is newest should be learned from too. */
const MOST_HELD_STEPS = 120;

export interface TrainingHistory {
  readonly series: readonly TrainingSeries[];
  /** Nothing after it is trained or chosen on. */
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
 * memory of a training holds; without the very newest, which are left to be forecast.
 *
 * @param series with equal `stepSeconds`, at least one
 */
export async function selectHistory(
  series: readonly ChainSeries[],
  shape: NetworkShape,
  memoryBytes: number,
  random: Random,
): Promise<TrainingHistory> {
  const mostRows = (HISTORY_SHARE * memoryBytes) / ROW_BYTES;
  const wanted = wantedSteps(series, shape);
  const chosen = choose(series, Math.max(1, Math.floor(mostRows / wanted)), random);
  const room = Math.max(wanted, Math.floor(mostRows / chosen.length));
  const cutSeconds = cutOf(chosen, shape);
  const breathe = breather();
  const selected: TrainingSeries[] = [];
  for (const one of chosen) {
    selected.push(copyOf(one, cutSeconds, room));
    await breathe();
  }
  return { series: selected, cutSeconds };
}

/** Of each chain: enough for windows that know a week before, where there is so much; fewer chains rather than less of each. */
function wantedSteps(series: readonly ChainSeries[], shape: NetworkShape): number {
  const longest = series.reduce((most, { rates }) => Math.max(most, rates.length), 0);
  const weekAndDay = Math.ceil(WANTED_SECONDS / series[0]!.stepSeconds);
  return Math.max(neededSteps(shape), Math.min(longest, weekAndDay));
}

function choose(series: readonly ChainSeries[], count: number, random: Random): readonly ChainSeries[] {
  if (series.length <= count) return series;
  const shuffled = series.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  return shuffled.slice(0, count).map(({ one }) => one);
}

function cutOf(series: readonly ChainSeries[], { horizon }: NetworkShape): number {
  let endSeconds = Number.NEGATIVE_INFINITY;
  let longest = 0;
  for (const { startSeconds, stepSeconds, rates } of series) {
    endSeconds = Math.max(endSeconds, startSeconds + rates.length * stepSeconds);
    longest = Math.max(longest, rates.length);
  }
  const held = Math.max(horizon, Math.min(MOST_HELD_STEPS, Math.round(HELD_SHARE * longest)));
  return endSeconds - held * series[0]!.stepSeconds;
}

/** At most `room` steps before the cut. What is no rate is a gap. */
function copyOf(
  { startSeconds, stepSeconds, rates, latencies, errorRatios }: ChainSeries,
  cutSeconds: number,
  room: number,
): TrainingSeries {
  const cut = Math.floor((cutSeconds - startSeconds) / stepSeconds);
  const end = Math.max(0, Math.min(rates.length, cut));
  const first = Math.max(0, end - room);
  return {
    startSeconds: startSeconds + first * stepSeconds,
    stepSeconds,
    rates: rates.slice(first, end).map((rate) => (rate >= 0 && Number.isFinite(rate) ? rate : Number.NaN)),
    latencies: latencies.slice(first, end),
    errorRatios: errorRatios.slice(first, end),
  };
}

/** The buffers of a selection; they can be given away, they are copies. */
export function buffersOf(history: TrainingHistory): ArrayBuffer[] {
  return history.series.flatMap((one) =>
    [one.rates, one.latencies, one.errorRatios]
      .map(({ buffer }) => buffer)
      .filter((b) => b instanceof ArrayBuffer),
  );
}
