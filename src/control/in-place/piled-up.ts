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

/** At which chains work piles up, by the latencies of the latest quarters of a minute. */
export class PileUps {
  /** By chain: when it was first seen to be late, of the times that it has been so without a break, s. */
  readonly #lateSince = new Map<string, number>();

  /** Whether nearly nobody is answered any more who was answered late before: it is at its worst. */
  isStuck(chain: string, latencySeconds: number | undefined): boolean {
    return latencySeconds === undefined && this.#lateSince.has(chain);
  }

  /** `latencySeconds`: undefined where too few requests are answered. To be told with every pass. */
  isPilingUp(
    chain: string,
    latencySeconds: number | undefined,
    usualSeconds: number,
    atSeconds: number,
  ): boolean {
    if (latencySeconds === undefined) return this.#lateSince.has(chain);
    if (latencySeconds <= TIMES * usualSeconds) {
      this.#lateSince.delete(chain);
      return false;
    }
    const since = this.#lateSince.get(chain) ?? atSeconds;
    this.#lateSince.set(chain, since);
    return latencySeconds > piledUpFrom(usualSeconds) || Math.abs(atSeconds - since) >= LASTING_SECONDS;
  }

  keepOnly(chains: ReadonlyMap<string, unknown>): void {
    for (const id of this.#lateSince.keys()) if (!chains.has(id)) this.#lateSince.delete(id);
  }
}
