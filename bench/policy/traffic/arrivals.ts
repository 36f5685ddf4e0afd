/** Requests of a run: when each comes, and of which chain. */
import type { Random } from '../../../src/models/ports.ts';
import { PoissonArrivals, type RateTrace } from '../../replay/arrivals.ts';
import { randomStreams } from '../../replay/random-variates.ts';
import type { Arrivals } from '../../simulator/application.ts';

/** Shares of the chains from a time on; they add up to 1. */
export interface Mix {
  readonly fromSeconds: number;
  readonly shares: readonly number[];
}

export interface Traffic {
  /** Requests/s of the whole application. */
  readonly rates: RateTrace;
  /** In the order of time, the first from 0 on. */
  readonly mixes: readonly Mix[];
}

/**
 * A non-homogeneous Poisson process until the end of the run; each request draws its chain. The two have generators of
 * their own, so that another mix leaves the times as they are.
 */
export function generateArrivals(traffic: Traffic, runSeconds: number, seed: number): Arrivals {
  const [gaps, choices] = randomStreams(seed, 2);
  const timesSeconds = timesUntil(runSeconds, new PoissonArrivals(traffic.rates, gaps!));
  return { timesSeconds, chains: chainsOf(timesSeconds, traffic.mixes, choices!) };
}

/** The mix that is in force at a time. */
export function mixAt(mixes: readonly Mix[], seconds: number): Mix {
  return mixes.findLast(({ fromSeconds }) => fromSeconds <= seconds) ?? mixes[0]!;
}

function timesUntil(endSeconds: number, arrivals: PoissonArrivals): Float64Array {
  let times = new Float64Array(1 << 16);
  let count = 0;
  for (let at = arrivals.next(); at < endSeconds; at = arrivals.next()) {
    if (count === times.length) {
      const longer = new Float64Array(2 * count);
      longer.set(times);
      times = longer;
    }
    times[count++] = at;
  }
  return times.slice(0, count);
}

function chainsOf(times: Float64Array, mixes: readonly Mix[], random: Random): Uint16Array {
  const chains = new Uint16Array(times.length);
  let next = 0;
  let shares = mixes[0]!.shares;
  for (let request = 0; request < times.length; request++) {
    while (next < mixes.length && mixes[next]!.fromSeconds <= times[request]!) shares = mixes[next++]!.shares;
    chains[request] = chosen(shares, random());
  }
  return chains;
}

/** @param uniform in [0, 1) */
function chosen(shares: readonly number[], uniform: number): number {
  let left = uniform;
  let chain = 0;
  while (chain < shares.length - 1 && left >= shares[chain]!) left -= shares[chain++]!;
  return chain;
}
