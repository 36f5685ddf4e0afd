/** Rates of chains by span. A span is known by its index since the epoch. */
export class SpanView {
  readonly #rates: ReadonlyMap<string, readonly number[]>;
  /** Index of the newest span; undefined where none is known. */
  readonly #newest: number | undefined;

  /** `rates`: by chain those of the latest spans, the newest last; NaN where nothing is known, requests/s. */
  constructor(rates: ReadonlyMap<string, readonly number[]>, newest: number | undefined) {
    this.#rates = rates;
    this.#newest = newest;
  }

  /** Rate in a span; NaN where nothing is known of it, requests/s. */
  rate(chain: string, span: number): number {
    const age = (this.#newest ?? Number.NEGATIVE_INFINITY) - span;
    return age >= 0 ? (this.#rates.get(chain)?.at(-1 - age) ?? Number.NaN) : Number.NaN;
  }

  /** Mean over the latest `spans` of those that are known; NaN where none is, requests/s. */
  mean(chain: string, spans: number): number {
    let sum = 0;
    let count = 0;
    for (const rate of this.#rates.get(chain)?.slice(-spans) ?? []) {
      if (Number.isNaN(rate)) continue;
      sum += rate;
      count += 1;
    }
    return sum / count;
  }

  /** Least of the latest `spans` that are known; NaN where none is, requests/s. */
  least(chain: string, spans: number): number {
    const known = (this.#rates.get(chain)?.slice(-spans) ?? []).filter((rate) => !Number.isNaN(rate));
    return known.length === 0 ? Number.NaN : Math.min(...known);
  }

  /** Largest of the latest `spans` that are known; 0 where none is, requests/s. */
  most(chain: string, spans: number): number {
    let most = 0;
    const rates = this.#rates.get(chain) ?? [];
    for (let i = Math.max(0, rates.length - spans); i < rates.length; i++)
      if (rates[i]! > most) most = rates[i]!;
    return most;
  }

  /** Number of spans that are kept of a chain. */
  known(chain: string): number {
    return this.#rates.get(chain)?.length ?? 0;
  }
}
