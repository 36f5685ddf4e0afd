/**
 * Rates of chains without the chance of which chain a request belongs to. Where chains rise and fall together, what each has of
 * all is known far better than its own count of five seconds tells: its rate is drawn towards that share of the total until it
 * deviates from it by as much as is no chance (the root of what an estimator of James and Stein keeps of the variance: peaks
 * are not to be made smaller), and only by a few standard deviations of chance (limited translation: Efron and Morris, Limiting
 * the risk of Bayes and empirical Bayes estimators, Journal of the American Statistical Association 67, 1972). What deviates by
 * more is no chance and stays as it is: a chain that jumps or falls silent, and the others then, whose total it was in. What is
 * left is the chance of the total; that of single arrivals plans know of themselves.
 */

/** Spans over which shares are told: means of two minutes and more stay what they are, however the mix of the chains drifts. */
const SHARE_SPANS = 24;
/** Spans over which deviations are compared with chance. */
const CHANCE_SPANS = 60;

/** A rate is moved by at most so many standard deviations of chance, by less from a little more on, and from these on not at all. */
const MOST_DEVIATIONS = 2;
const NO_CHANCE_DEVIATIONS = 4;

/** Counts of a span that are expected to be smaller are too skewed to be drawn to either side alike. */
const FEWEST = 10;

/**
 * @param rates by chain, of spans of that length, the newest last; the first ones may be NaN, requests/s
 * @returns the same, as long
 */
export function sharedRates(
  rates: ReadonlyMap<string, readonly number[]>,
  spanSeconds: number,
): ReadonlyMap<string, readonly number[]> {
  if (rates.size < 2) return rates;
  const length = Math.max(...[...rates.values()].map((of) => of.length));
  const totals = new Float64Array(length);
  for (const of of rates.values())
    for (const [i, rate] of of.entries()) totals[length - of.length + i]! += rate || 0;
  return new Map(
    [...rates].map(([chain, of]) => [
      chain,
      drawnTogether(of, totals.subarray(length - of.length), spanSeconds),
    ]),
  );
}

function drawnTogether(rates: readonly number[], totals: Float64Array, spanSeconds: number): number[] {
  const own = new Recent(SHARE_SPANS);
  const all = new Recent(SHARE_SPANS);
  const squares = new Recent(CHANCE_SPANS);
  const variances = new Recent(CHANCE_SPANS);
  return rates.map((rate, i) => {
    if (Number.isNaN(rate)) return rate;
    const total = totals[i]!;
    own.add(rate);
    all.add(total);
    const share = all.sum > 0 ? Math.min(1, own.sum / all.sum) : 0;
    const deviation = rate - share * total;
    // Of the requests of a span each belongs to this chain with that probability.
    const variance = (share * (1 - share) * total) / spanSeconds;
    squares.add(deviation ** 2);
    variances.add(variance);
    if (share * total * spanSeconds < FEWEST) return rate;
    const kept = squares.sum > variances.sum ? Math.sqrt(1 - variances.sum / squares.sum) : 0;
    const chance = Math.sqrt(variance);
    const most = Math.min(
      MOST_DEVIATIONS * chance,
      Math.max(0, NO_CHANCE_DEVIATIONS * chance - Math.abs(deviation)) * MOST_DEVIATIONS,
    );
    return rate - Math.sign(deviation) * Math.min((1 - kept) * Math.abs(deviation), most);
  });
}

/** The latest of some values that are not negative, and their sum. */
class Recent {
  readonly #values: Float64Array;
  #next = 0;
  sum = 0;

  constructor(size: number) {
    this.#values = new Float64Array(size);
  }

  add(value: number): void {
    // What is left of rounding may be less than nothing.
    this.sum = Math.max(0, this.sum + value - this.#values[this.#next]!);
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
  }
}
