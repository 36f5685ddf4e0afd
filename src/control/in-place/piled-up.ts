import type { SpanRates } from './span-rates.ts';

/** A latency of so many times the usual is no matter of a little too few cores. */
const TIMES = 2;

/**
 * Beyond the usual, s: requests that wait for less hide no more than a tenth of the rate of five seconds, so that what is seen
 * is nearly what comes. A few used-up CFS periods take as long, as every burst brings them.
 */
const BEYOND_SECONDS = 0.5;

/** From one quarter of a minute into the next a burst may last, not into a third: somebody gives up, or longer is not measured, s. */
const LASTING_SECONDS = 25;

/** Latency above which work piles up and rates are those of the answers, s; `usual`: the objective, or what is told without any wait. */
export function piledUpFrom(usualSeconds: number): number {
  return Math.max(TIMES * usualSeconds, usualSeconds + BEYOND_SECONDS);
}

/** Spans of the last 15 s, which the latest latency is of. */
const JUDGED_SPANS = 3;

/** Loads count so many times at most, and twice as much once in so long: passes in between see nearly the same seconds, s. */
const MOST_HIDDEN = 8;
const DOUBLED_SECONDS = 9.5;

/** What a pass sees of a chain. */
export interface Latest {
  readonly atSeconds: number;
  /** Of the last 15 s; undefined where too few requests are answered, s. */
  readonly latencySeconds: number | undefined;
  /** The objective, or what is told without any wait, s. */
  readonly usualSeconds: number;
}

export interface PileUp {
  readonly isPilingUp: boolean;
  /** Nearly nobody is answered any more who was answered late before: it is at its worst. */
  readonly isStuck: boolean;
  /**
   * What comes is so many times what is seen: where work piles up rates are those of the answers, and one service hides from the
   * next what is to come. Doubles until requests are answered soon again.
   */
  readonly hidden: number;
}

/** At which chains work piles up, by the latencies of the latest quarters of a minute. */
export class PileUps {
  /** By chain: when it was first seen to be late, of the times that it has been so without a break, s. */
  readonly #lateSince = new Map<string, number>();
  /** First span of those in which work piles up. */
  readonly #firstSpan = new Map<string, number>();
  /** Since when what comes is taken for so many times what is seen. */
  readonly #hidden = new Map<string, { readonly factor: number; readonly atSeconds: number }>();

  /** To be told with every pass. Where it is over, the rates of that time are levelled. */
  note(chain: string, latest: Latest, spans: Pick<SpanRates, 'newest' | 'level'>): PileUp {
    const isPilingUp = this.#isPilingUp(chain, latest);
    this.#levelWhenOver(chain, isPilingUp, spans);
    return {
      isPilingUp,
      isStuck: latest.latencySeconds === undefined && isPilingUp,
      hidden: this.#hiddenBy(chain, isPilingUp, latest.atSeconds),
    };
  }

  /**
   * Whether nothing can be learned (yet) from a span: what is answered while work piles up, and then all at once, says when it came
   * in the mean alone.
   */
  isUnclear(chain: string, span: number): boolean {
    const first = this.#firstSpan.get(chain);
    return first !== undefined && span >= first;
  }

  keepOnly(chains: ReadonlyMap<string, unknown>): void {
    for (const of of [this.#lateSince, this.#firstSpan, this.#hidden])
      for (const id of of.keys()) if (!chains.has(id)) of.delete(id);
  }

  #isPilingUp(chain: string, { atSeconds, latencySeconds, usualSeconds }: Latest): boolean {
    if (latencySeconds === undefined) return this.#lateSince.has(chain);
    if (latencySeconds <= TIMES * usualSeconds) {
      this.#lateSince.delete(chain);
      return false;
    }
    const since = this.#lateSince.get(chain) ?? atSeconds;
    this.#lateSince.set(chain, since);
    return latencySeconds > piledUpFrom(usualSeconds) || Math.abs(atSeconds - since) >= LASTING_SECONDS;
  }

  #levelWhenOver(chain: string, isPilingUp: boolean, spans: Pick<SpanRates, 'newest' | 'level'>): void {
    const { newest } = spans;
    if (newest === undefined) return;
    const latest = newest - JUDGED_SPANS + 1;
    // The clock may have been set back.
    const first = Math.min(this.#firstSpan.get(chain) ?? latest, latest);
    if (isPilingUp) this.#firstSpan.set(chain, first);
    else if (this.#firstSpan.delete(chain)) spans.level(chain, first, newest);
  }

  #hiddenBy(chain: string, isPilingUp: boolean, atSeconds: number): number {
    if (!isPilingUp) {
      this.#hidden.delete(chain);
      return 1;
    }
    const known = this.#hidden.get(chain);
    if (known !== undefined && Math.abs(atSeconds - known.atSeconds) < DOUBLED_SECONDS) return known.factor;
    const factor = Math.min(MOST_HIDDEN, 2 * (known?.factor ?? 1));
    this.#hidden.set(chain, { factor, atSeconds });
    return factor;
  }
}
