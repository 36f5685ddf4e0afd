/**
 * What theory says of queues in steady state: the oracle of the simulator. Times in s, rates in 1/s; `load` is ρ, the
 * share of its capacity that is asked of a system.
 */

/**
 * Erlang's C: probability that a customer of M/M/c has to wait, ρ < 1. From Erlang's B by its recursion, which neither
 * over- nor underflows (Gross, Shortle, Thompson, Harris, "Fundamentals of Queueing Theory", 4th ed., 2.3 and 2.5).
 */
export function erlangC(servers: number, load: number): number {
  const offered = servers * load;
  let blocked = 1;
  for (let c = 1; c <= servers; c++) blocked = (offered * blocked) / (c + offered * blocked);
  return blocked / (1 - load * (1 - blocked));
}

/** Mean time in an M/M/c, waiting and service (ibid., 2.3). */
export function mmcMeanSeconds(servers: number, load: number, serviceSeconds: number): number {
  return serviceSeconds * (1 + erlangC(servers, load) / (servers * (1 - load)));
}

/**
 * P(T > t) in an M/M/c, first come, first served. The wait is 0 with probability 1 − C and else exponential with the rate
 * cμ(1 − ρ), independent of the service that follows (ibid., 2.3); this is the convolution of the two. M/M/1: e^(−μ(1−ρ)t).
 */
export function mmcTail(servers: number, load: number, serviceSeconds: number, seconds: number): number {
  const t = seconds / serviceSeconds;
  const waitingRate = servers * (1 - load);
  const c = erlangC(servers, load);
  const excess = waitingRate - 1;
  // With equal rates the sum is an Erlang-2: the limit of the other branch.
  const queued = Math.abs(excess) < 1e-9 ? t : -Math.expm1(-excess * t) / excess;
  return Math.exp(-t) * (1 + c * queued);
}

/** The time that a share `quantile` of the customers of an M/M/c does not exceed. */
export function mmcQuantileSeconds(
  servers: number,
  load: number,
  serviceSeconds: number,
  quantile: number,
): number {
  let low = 0;
  let high = serviceSeconds;
  while (mmcTail(servers, load, serviceSeconds, high) > 1 - quantile) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (mmcTail(servers, load, serviceSeconds, middle) > 1 - quantile) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Mean time in an M/G/1 with processor sharing of a customer that needs `workSeconds`; with the mean work it is the mean
 * of all. Whatever the distribution: only its mean is in ρ (L. Kleinrock, "Queueing Systems" II, 1976, 4.4).
 */
export function processorSharingMeanSeconds(load: number, workSeconds: number): number {
  return workSeconds / (1 - load);
}

/**
 * Mean time until both halves of a request are done that two M/M/1 work on, each with this load: (12 − ρ)/8 of the mean
 * time in one (L. Flatto, S. Hahn, "Two parallel queues created by arrivals with two demands I", SIAM J. Appl. Math.
 * 44, 1984; in this form R. Nelson, A. N. Tantawi, "Approximate analysis of fork/join synchronization in parallel
 * queues", IEEE Trans. Computers 37, 1988, equation 6).
 */
export function forkJoinMeanSeconds(load: number, serviceSeconds: number): number {
  return (((12 - load) / 8) * serviceSeconds) / (1 - load);
}

/**
 * Customers to be simulated so that the relative standard error of the mean number in an M/M/1 is `error`: 2(1 + ρ)/((1 − ρ)²·error²) (W. Whitt,
 * "Planning queueing simulations", Management Science 35, 1989: asymptotic variance 2ρ(1 + ρ)/(1 − ρ)⁴ per mean service).
 */
export function customersFor(load: number, error: number): number {
  return Math.ceil((2 * (1 + load)) / ((1 - load) * error) ** 2);
}
