/** The oracle: keeps every record and answers by counting them again. */
export interface NaiveRecord {
  readonly service: string;
  readonly chain: string;
  readonly latency: number;
  readonly isError: boolean;
  readonly at: number;
  readonly count: number;
  readonly cpu: number;
}

export interface NaiveAnswer {
  readonly requests: number;
  readonly errors: number;
  /** Of requests that did not fail, ascending, one entry a request. */
  readonly latencies: readonly number[];
  readonly cpuPerRequest: number;
}

export function naiveAnswer(
  records: readonly NaiveRecord[],
  service: string,
  chain: string,
  isInside: (at: number) => boolean,
): NaiveAnswer {
  const mine = records.filter((r) => r.service === service && r.chain === chain && isInside(r.at));
  const told = mine.filter((r) => !Number.isNaN(r.cpu));
  return {
    requests: sum(mine.map((r) => r.count)),
    errors: sum(mine.filter((r) => r.isError).map((r) => r.count)),
    latencies: mine
      .filter((r) => !r.isError)
      .flatMap((r) => Array.from({ length: r.count }, () => r.latency))
      .sort((a, b) => a - b),
    cpuPerRequest: sum(told.map((r) => r.cpu * r.count)) / sum(told.map((r) => r.count)),
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The order statistic of rank ⌊q·(n − 1)⌋. */
export function exactQuantile(sorted: readonly number[], q: number): number {
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
}
