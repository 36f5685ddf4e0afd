/**
 * Rates of chains without the chance of which chain a request belongs to. Where chains rise and fall together, what each has of
 * all is known far better than its own count of five seconds tells: its rate is drawn towards that share of the total, by the
 * part of its deviations that is no more than chance (James and Stein, Estimation with quadratic loss, 1961), and never by more
 * than a few standard deviations of it (limited translation: Efron and Morris, Limiting the risk of Bayes and empirical Bayes
 * estimators, Journal of the American Statistical Association 67, 1972). So a chain that goes its own way keeps its own
 * rate. What is left is the chance of the total; that of single arrivals plans know of themselves.
 */

/** Spans over which shares are told, and deviations are compared with chance. */
const SHARE_SPANS = 120;
const CHANCE_SPANS = 60;

/** A rate is moved by at most so many standard deviations of chance. */
const MOST_DEVIATIONS = 2;

/**
 * @param rates by chain, of spans of that length, the newest last and NaN where nothing is known, requests/s
 * @returns the same, as long; a span of which something is not known stays as it is
 */
export function sharedRates(
  rates: ReadonlyMap<string, readonly number[]>,
  spanSeconds: number,
): ReadonlyMap<string, readonly number[]> {
  if (rates.size < 2) return rates;
  const length = Math.max(...[...rates.values()].map((of) => of.length));
  const totals = new Float64Array(length);
  for (const of of rates.values())
    for (const [i, rate] of of.entries()) totals[length - of.length + i]! += rate;
  return new Map(
    [...rates].map(([chain, of]) => [
      chain,
      drawnTogether(of, totals.subarray(length - of.length), spanSeconds),
    ]),
  );
}

/** NaN in the totals: a span of which the rate of some chain is not known. */
function drawnTogether(rates: readonly number[], totals: Float64Array, spanSeconds: number): number[] {
  const own = new Recent(SHARE_SPANS);
  const all = new Recent(SHARE_SPANS);
  const squares = new Recent(CHANCE_SPANS);
  const variances = new Recent(CHANCE_SPANS);
  return rates.map((rate, i) => {
    const total = totals[i]!;
    if (Number.isNaN(total)) return rate;
    own.add(rate);
    all.add(total);
    if (all.sum <= 0) return rate;
    const share = own.sum / all.sum;
    const deviation = rate - share * total;
    // Of the requests of a span each belongs to this chain with that probability.
    const variance = (share * (1 - share) * total) / spanSeconds;
    squares.add(deviation ** 2);
    variances.add(variance);
    const kept = squares.sum > variances.sum ? Math.sqrt(1 - variances.sum / squares.sum) : 0;
    const most = MOST_DEVIATIONS * Math.sqrt(variance);
    const moved = Math.min((1 - kept) * Math.abs(deviation), most);
    return rate - Math.sign(deviation) * moved;
  });
}

/** The latest of some values, and their sum. */
class Recent {
  readonly #values: Float64Array;
  #next = 0;
  sum = 0;

  constructor(size: number) {
    this.#values = new Float64Array(size);
  }

  add(value: number): void {
    this.sum += value - this.#values[this.#next]!;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
  }
}
