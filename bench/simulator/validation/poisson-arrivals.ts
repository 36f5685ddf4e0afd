/** Poisson arrivals of all chains of an application, each chain with its share. */
import { seededRandom } from '../../../src/utils/random.ts';
import type { Application, Arrivals, SimulatedChain } from '../application.ts';

/** That many of them. */
export function poissonArrivals(
  { chains }: Application,
  perSecond: number,
  count: number,
  seed: number,
): Arrivals {
  const random = seededRandom(seed);
  const timesSeconds = new Float64Array(count);
  const chosen = new Uint16Array(count);
  let now = 0;
  for (let request = 0; request < count; request++) {
    now -= Math.log(1 - random()) / perSecond;
    timesSeconds[request] = now;
    chosen[request] = chooseChain(chains, random());
  }
  return { timesSeconds, chains: chosen };
}

/** Those until a time. */
export function poissonUntil(
  application: Application,
  perSecond: number,
  seconds: number,
  seed: number,
): Arrivals {
  const mean = perSecond * seconds;
  // Six standard deviations more than there are on average.
  const all = poissonArrivals(application, perSecond, Math.ceil(mean + 6 * Math.sqrt(mean) + 6), seed);
  const end = all.timesSeconds.findIndex((time) => time > seconds);
  const count = end < 0 ? all.timesSeconds.length : end;
  return { timesSeconds: all.timesSeconds.subarray(0, count), chains: all.chains.subarray(0, count) };
}

function chooseChain(chains: readonly SimulatedChain[], place: number): number {
  let left = place;
  for (let chain = 0; chain < chains.length - 1; chain++) {
    left -= chains[chain]!.share;
    if (left < 0) return chain;
  }
  return chains.length - 1;
}
