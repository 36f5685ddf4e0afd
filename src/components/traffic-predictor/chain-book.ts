import type { ChainSeries } from '../../models/metrics.ts';
import { breather } from './breathe.ts';
import { endSeconds, type Remembered } from './chain-memory.ts';
import type { GruForecaster } from './gru/gru-forecaster.ts';
import { ChainForecaster } from './mixture/chain-forecaster.ts';
import { LEVELS } from './mixture/levels.ts';

/** Steps that a forecaster which begins is led through, of all chains together: some 20 s of work. */
const MOST_REPLAYED_STEPS = 1_000_000;
/** But each chain at least these, where there are so many. */
const LEAST_REPLAYED_STEPS = 240;
/** Steps of the chains that have a forecaster and deserve a better founded one, in one call. */
const MOST_RENEWED_STEPS = 100_000;
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
  /** It was led through a past that is no longer what is known, or without a network that there is now. */
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
 * The forecaster of each chain, led step by step along what is known of it. One that is new, or whose past has turned
 * out to be another, is led through the past again: as far as the number of chains allows, a few chains in each call
 * where it can wait.
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
      const firstRow = Math.max(0, series.rates.length - replayedSteps(all.length));
      return this.#course(series, this.#begin(series), firstRow, past);
    });
  }

  #begin(series: ChainSeries): ChainState {
    const state = {
      forecaster: new ChainForecaster({ horizon: this.#horizon, stepSeconds: series.stepSeconds }),
      untilSeconds: Number.NEGATIVE_INFINITY,
      begunSeconds: endSeconds(series),
      isOutdated: false,
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
    const affordable = Math.ceil(MOST_RENEWED_STEPS / replayedSteps(all.length));
    outdated.sort((left, right) => left.begunSeconds - right.begunSeconds);
    return new Set(outdated.slice(0, affordable).map(({ chain }) => chain));
  }
}

function replayedSteps(chains: number): number {
  return Math.max(LEAST_REPLAYED_STEPS, Math.floor(MOST_REPLAYED_STEPS / Math.max(1, chains)));
}

function rowOf(series: ChainSeries, seconds: number): number {
  return (seconds - series.startSeconds) / series.stepSeconds;
}
