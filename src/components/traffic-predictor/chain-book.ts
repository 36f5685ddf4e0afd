import type { ChainSeries } from '../../models/metrics.ts';
import { breather } from './breathe.ts';
import { endSeconds, type Remembered } from './chain-memory.ts';
import type { GruForecaster } from './gru/gru-forecaster.ts';
import { ChainForecaster } from './mixture/chain-forecaster.ts';
import { LEVELS } from './mixture/levels.ts';

/** Steps that all forecasters together are led through when they begin, in one call; but each at least so many. */
const FIRST_STEPS = 300_000;
const LEAST_FIRST_STEPS = 120;
/** The same in later calls, of those that deserve a better founded one: as far back, and so many steps in one call. */
const PAST_STEPS = 3_000_000;
const STEPS_OF_A_CALL = 100_000;
/** Past origins at which the network is asked when it is new to a chain, and of all chains together. */
const PAST_ORIGINS = 240;
const MOST_PAST_WINDOWS = 30_000;
/** New origins at which it is asked in one call, of all chains together; each has its newest. */
const MOST_NEW_WINDOWS = 6_000;

interface ChainState {
  readonly forecaster: ChainForecaster;
  /** End of the newest step that it was led through, and of the newest when it began, s. */
  untilSeconds: number;
  readonly begunSeconds: number;
  /** It was led through a past that is no longer what is known, or through too little of it. */
  isOutdated: boolean;
  knowsNetwork: boolean;
}

/** A forecaster's way through the rows of its series, and the rows at which the network speaks to it. */
interface Course {
  readonly series: ChainSeries;
  readonly state: ChainState;
  readonly firstRow: number;
  readonly origins: Int32Array;
}

/**
 * The forecaster of each chain, led step by step along what is known of it. One that is new is led through the newest part
 * of the past; with many chains the rest of it, or a past that has turned out to be another, has to wait for later calls, a few
 * chains in each.
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
    if (isAnother) this.#states.delete(series.chain);
    else state.isOutdated = true;
  }

  forget(chains: readonly string[]): void {
    for (const chain of chains) this.#states.delete(chain);
  }

  /** The network has come from elsewhere: what chains know of it is void. */
  meetNetwork(): void {
    for (const state of this.#states.values()) state.knowsNetwork = false;
  }

  forecaster(chain: string): ChainForecaster | undefined {
    return this.#states.get(chain)?.forecaster;
  }

  /** Leads the forecasters to the ends of these series. */
  async advance(known: readonly Remembered[]): Promise<void> {
    const courses = this.#courses(known.map(({ series }) => series));
    const blocks = await this.#gru.forecast(courses);
    const breathe = breather();
    for (const [i, course] of courses.entries()) {
      let next = 0;
      for (let row = course.firstRow; row < course.series.rates.length; row++) {
        course.state.forecaster.advance(course.series.rates[row]!);
        if (row === course.origins[next]) {
          course.state.forecaster.tellGru(blocks?.[i]?.subarray(...this.#blockAt(next)));
          next += 1;
        }
        await breathe();
      }
      course.state.untilSeconds = endSeconds(course.series);
    }
  }

  #blockAt(index: number): [number, number] {
    const length = this.#horizon * LEVELS.length;
    return [index * length, (index + 1) * length];
  }

  #courses(all: readonly ChainSeries[]): Course[] {
    const renewed = this.#renewedNow(all);
    const share = (windows: number, most: number) =>
      Math.max(1, Math.min(most, Math.floor(windows / Math.max(1, all.length))));
    const past = share(MOST_PAST_WINDOWS, PAST_ORIGINS);
    const recent = share(MOST_NEW_WINDOWS, PAST_ORIGINS);
    return all.map((series) => {
      const state = renewed.has(series.chain) ? undefined : this.#states.get(series.chain);
      if (state !== undefined) return this.#course(series, state, rowOf(series, state.untilSeconds), recent);
      const wanted = Math.min(series.rates.length, pastSteps(all.length));
      const steps = renewed.has(series.chain) ? wanted : Math.min(wanted, firstSteps(all.length));
      return this.#course(series, this.#begin(series, steps < wanted), series.rates.length - steps, past);
    });
  }

  #begin(series: ChainSeries, isOutdated: boolean): ChainState {
    const state = {
      forecaster: new ChainForecaster({ horizon: this.#horizon, stepSeconds: series.stepSeconds }),
      untilSeconds: Number.NEGATIVE_INFINITY,
      begunSeconds: endSeconds(series),
      isOutdated,
      knowsNetwork: this.#gru.cutSeconds !== undefined,
    };
    this.#states.set(series.chain, state);
    return state;
  }

  /** The network speaks only where all that it was trained or chosen on lies before the first forecast step. */
  #course(series: ChainSeries, state: ChainState, firstRow: number, most: number): Course {
    const { cutSeconds = Number.POSITIVE_INFINITY } = this.#gru;
    const end = series.rates.length;
    const first = Math.max(firstRow, end - most, Math.ceil(rowOf(series, cutSeconds) - 1));
    const origins = Int32Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
    return { series, state, firstRow, origins };
  }

  /** Chains whose forecaster begins anew in this call although there is one: the longest unrenewed first. */
  #renewedNow(all: readonly ChainSeries[]): ReadonlySet<string> {
    const hasNetwork = this.#gru.cutSeconds !== undefined;
    const outdated = all.flatMap(({ chain }) => {
      const state = this.#states.get(chain);
      if (state === undefined || !(state.isOutdated || (hasNetwork && !state.knowsNetwork))) return [];
      return [{ chain, begunSeconds: state.begunSeconds }];
    });
    const longest = all.reduce((most, { rates }) => Math.max(most, rates.length), 1);
    const affordable = Math.ceil(STEPS_OF_A_CALL / Math.min(longest, pastSteps(all.length)));
    outdated.sort((left, right) => left.begunSeconds - right.begunSeconds);
    return new Set(outdated.slice(0, affordable).map(({ chain }) => chain));
  }
}

function firstSteps(chains: number): number {
  return Math.max(LEAST_FIRST_STEPS, Math.floor(FIRST_STEPS / chains));
}

function pastSteps(chains: number): number {
  return Math.max(LEAST_FIRST_STEPS, Math.floor(PAST_STEPS / chains));
}

function rowOf(series: ChainSeries, seconds: number): number {
  return (seconds - series.startSeconds) / series.stepSeconds;
}
