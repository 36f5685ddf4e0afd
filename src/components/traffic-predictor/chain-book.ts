import type { ChainSeries } from '../../models/metrics.ts';
import { breather } from './breathe.ts';
import { endSeconds, type Remembered } from './chain-memory.ts';
import type { GruForecaster } from './gru/gru-forecaster.ts';
import { ChainForecaster } from './mixture/chain-forecaster.ts';
import { LEVELS } from './mixture/levels.ts';
import { recentlyKnown } from './recently-known.ts';

/** Steps that all forecasters together are led through when they begin; but each at least so many. */
const FIRST_STEPS = 20_000;
const LEAST_STEPS = 60;
/** And when they are renewed. */
const PAST_STEPS = 3_000_000;
/** Steps of one round of renewals, or those of one chain: others wait for no more. */
const ROUND_STEPS = 4_000;
/** Past origins at which the network is asked when it is new to a chain, and of all chains together. */
const PAST_ORIGINS = 240;
const MOST_PAST_WINDOWS = 30_000;
/** New origins at which it is asked in one call, of all chains together; each has its newest. */
const MOST_NEW_WINDOWS = 6_000;
/** A network's cut lies on the grid but for rounding. */
const ROUNDING = 1e-6;

interface ChainState {
  readonly forecaster: ChainForecaster;
  /** End of the newest step that it was led through, and of the newest when it began, s. */
  untilSeconds: number;
  readonly begunSeconds: number;
  /** Steps that it was led through, and how many of them were known then. */
  steps: number;
  knownSteps: number;
  /** It was led through too little of the past. */
  readonly isShort: boolean;
  /** It was led through a past that is no longer what is known. */
  isOutdated: boolean;
  knowsNetwork: boolean;
}

/** A forecaster's way through the rows of its series, and the rows at which the network speaks to it. */
interface Course {
  readonly series: ChainSeries;
  readonly state: ChainState;
  readonly firstRow: number;
  readonly end: number;
  readonly origins: Int32Array;
}

/**
 * The forecaster of each chain, led step by step along what is known of it. One that is new begins with the newest part of
 * the past where there are many. Later it is renewed: led through more of the past, or through one that has turned out
 * to be another, or through one with the network.
 */
export class ChainBook {
  readonly #gru: GruForecaster;
  readonly #horizon: number;
  readonly #states = new Map<string, ChainState>();

  constructor(gru: GruForecaster, horizon: number) {
    this.#gru = gru;
    this.#horizon = horizon;
  }

  /** Takes note of what has changed in the past of a chain. */
  note({ series, changedSeconds = Number.POSITIVE_INFINITY }: Remembered): void {
    const state = this.#states.get(series.chain);
    if (state === undefined || changedSeconds >= state.untilSeconds) return;
    const isAnother = changedSeconds === Number.NEGATIVE_INFINITY || endSeconds(series) < state.untilSeconds;
    // Traffic of before that has only now been told: most of what it was led through were gaps.
    const isBlind = recentlyKnown(series, state.steps) > 2 * state.knownSteps;
    if (isAnother || isBlind) this.#states.delete(series.chain);
    // Late records of the newest steps are the rule, and what is learned from them fades by itself.
    else if (changedSeconds < state.untilSeconds - this.#horizon * series.stepSeconds)
      state.isOutdated = true;
  }

  forget(chains: readonly string[]): void {
    for (const chain of chains) this.#states.delete(chain);
  }

  /** The network has come from elsewhere: what chains know of it is void. */
  meetNetwork(): void {
    for (const state of this.#states.values()) state.knowsNetwork = false;
  }

  /** The forecaster of a chain, and the end of the newest step that it was led through, s. */
  forecaster(chain: string): Pick<ChainState, 'forecaster' | 'untilSeconds'> | undefined {
    return this.#states.get(chain);
  }

  /** Leads the forecasters to the ends of these series. */
  async advance(known: readonly Remembered[]): Promise<void> {
    const most = share(MOST_NEW_WINDOWS, known.length);
    const steps = Math.max(LEAST_STEPS, Math.floor(FIRST_STEPS / known.length));
    const courses = known.map(({ series }) => {
      const state = this.#states.get(series.chain);
      const firstRow = state === undefined ? 0 : Math.max(0, Math.round(rowsTo(series, state.untilSeconds)));
      // After a long gap, or when the clock has jumped, what is between can wait too.
      if (state === undefined || series.rates.length - firstRow > steps)
        return this.#begin(series, steps, most);
      return this.#course(series, state, firstRow, most);
    });
    await this.#run(courses);
  }

  get hasOutdated(): boolean {
    return this.#outdated().length > 0;
  }

  /** Renews a few forecasters, those that have waited longest. */
  async renewSome(seriesOf: (chain: string) => ChainSeries | undefined): Promise<void> {
    const steps = Math.max(LEAST_STEPS, Math.floor(PAST_STEPS / this.#states.size));
    const most = share(MOST_PAST_WINDOWS, this.#states.size);
    const courses: Course[] = [];
    let left = ROUND_STEPS;
    for (const chain of this.#outdated()) {
      const series = seriesOf(chain);
      if (series === undefined) this.#states.delete(chain);
      if (series === undefined || left <= 0) continue;
      courses.push(this.#begin(series, steps, most));
      left -= Math.min(series.rates.length, steps);
    }
    await this.#run(courses);
  }

  #outdated(): string[] {
    const hasNetwork = this.#gru.cutSeconds !== undefined;
    const outdated = [...this.#states].filter(
      ([, { isShort, isOutdated, knowsNetwork }]) => isShort || isOutdated || (hasNetwork && !knowsNetwork),
    );
    return outdated
      .sort(([, left], [, right]) => left.begunSeconds - right.begunSeconds)
      .map(([chain]) => chain);
  }

  /** A new forecaster on its way through the newest `steps` steps, all that are wanted or not. */
  #begin(series: ChainSeries, steps: number, mostOrigins: number): Course {
    const wanted = Math.min(series.rates.length, Math.floor(PAST_STEPS / Math.max(1, this.#states.size)));
    const state = {
      forecaster: new ChainForecaster({
        horizon: this.#horizon,
        stepSeconds: series.stepSeconds,
        turn: turnOf(series.chain),
      }),
      untilSeconds: Number.NEGATIVE_INFINITY,
      begunSeconds: endSeconds(series),
      steps: 0,
      knownSteps: 0,
      isShort: steps < wanted,
      isOutdated: false,
      knowsNetwork: this.#gru.cutSeconds !== undefined,
    };
    return this.#course(series, state, Math.max(0, series.rates.length - steps), mostOrigins);
  }

  /** A step that is not known yet may be told soon, and is then led through as what it was: a short gap at the end waits. */
  #rowsToLead({ rates }: ChainSeries): number {
    let end = rates.length;
    while (end > 0 && Number.isNaN(rates[end - 1])) end -= 1;
    return rates.length - end < this.#horizon ? end : rates.length;
  }

  /** The network speaks only where all that it was trained or chosen on lies before the first forecast step. */
  #course(series: ChainSeries, state: ChainState, firstRow: number, mostOrigins: number): Course {
    const { cutSeconds = Number.POSITIVE_INFINITY } = this.#gru;
    const end = this.#rowsToLead(series);
    const first = Math.max(firstRow, end - mostOrigins, Math.ceil(rowsTo(series, cutSeconds) - 1 - ROUNDING));
    const origins = Int32Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
    return { series, state, firstRow, end, origins };
  }

  /** A forecaster that is stopped on its way by an error is gone, and begins anew the next time. */
  async #run(courses: readonly Course[]): Promise<void> {
    for (const { series } of courses) this.#states.delete(series.chain);
    const blocks = await this.#gru.forecast(courses);
    const breathe = breather();
    for (const [i, { series, state, firstRow, end, origins }] of courses.entries()) {
      let next = 0;
      for (let row = firstRow; row < end; row++) {
        state.forecaster.advance(series.rates[row]!);
        state.steps += 1;
        if (!Number.isNaN(series.rates[row])) state.knownSteps += 1;
        if (row === origins[next]) {
          state.forecaster.tellGru(blocks?.[i]?.subarray(...this.#blockAt(next)));
          next += 1;
        }
        await breathe();
      }
      state.untilSeconds = Math.max(state.untilSeconds, series.startSeconds + end * series.stepSeconds);
      this.#states.set(series.chain, state);
    }
  }

  #blockAt(index: number): [number, number] {
    const length = this.#horizon * LEVELS.length;
    return [index * length, (index + 1) * length];
  }
}

/** When its heavy work falls due: for ever the same of a chain, and another of most others (Java's hash of a string). */
export function turnOf(chain: string): number {
  let hash = 0;
  for (let i = 0; i < chain.length; i++) hash = (Math.imul(31, hash) + chain.charCodeAt(i)) >>> 0;
  return hash;
}

function share(windows: number, chains: number): number {
  return Math.max(1, Math.min(PAST_ORIGINS, Math.floor(windows / chains)));
}

/** Rows of a series up to a time. */
function rowsTo(series: ChainSeries, seconds: number): number {
  return (seconds - series.startSeconds) / series.stepSeconds;
}
