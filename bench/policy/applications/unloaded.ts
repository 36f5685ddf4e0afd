/** How long a chain takes when nobody waits for anybody: the base of its objective. */
import type { Call } from '../../simulator/application.ts';
import { DEMAND, exponential, lognormal, requestKey, visitKey, WAIT } from '../../simulator/chance.ts';

const SAMPLES = 100_000;
const SEED = 95;
const SLO_FACTOR = 3;

/** The objective of a chain: three times its p95 without load, s. */
export function usualSlo(root: Call): number {
  return SLO_FACTOR * unloadedP95(root);
}

/**
 * p95 end to end with a core for every visit, s, from 100,000 requests by the simulator's own chance (the standard error
 * is about 0.4 %).
 */
export function unloadedP95(root: Call, samples = SAMPLES, seed = SEED): number {
  const latencyOf = latencyBy(root, { next: 0 });
  const latencies = new Float64Array(samples);
  for (let request = 0; request < samples; request++)
    latencies[request] = latencyOf(requestKey(seed, request));
  return latencies.sort()[Math.ceil(0.95 * samples) - 1]!;
}

/** Latency of the request with a key: stages add, the slowest call of a stage counts. */
function latencyBy(call: Call, places: { next: number }): (request: number) => number {
  const own = ownTimeBy(call, places.next++);
  const stages = call.stages.map((stage) => stage.map((child) => latencyBy(child, places)));
  if (stages.length === 0) return own;
  return (request) => {
    let seconds = own(request);
    for (const stage of stages) {
      let slowest = 0;
      for (const latencyOf of stage) slowest = Math.max(slowest, latencyOf(request));
      seconds += slowest;
    }
    return seconds;
  };
}

function ownTimeBy({ distribution, demandSeconds, sigma, waitSeconds }: Call, place: number) {
  return (request: number): number => {
    const key = visitKey(request, place);
    const spread = distribution === 'exponential' ? exponential(key, DEMAND) : lognormal(key, sigma);
    return demandSeconds * spread + (waitSeconds === 0 ? 0 : waitSeconds * exponential(key, WAIT));
  };
}
