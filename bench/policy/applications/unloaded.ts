/** How long a chain takes when nobody waits for anybody: the base of its objective. */
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { type Distribution, draw, unitExponential } from '../../replay/random-variates.ts';
import type { Call } from '../../simulator/application.ts';

const SAMPLES = 100_000;
const SEED = 1;
const SLO_FACTOR = 3;

/** The objective of a chain: three times its p95 without load, s. */
export function usualSlo(root: Call): number {
  return SLO_FACTOR * unloadedP95(root);
}

/** p95 end to end with a core for every visit, s, from 100,000 draws (their standard error is about 0.4 %). */
export function unloadedP95(root: Call, samples = SAMPLES, seed = SEED): number {
  const latency = latencyOf(root, seededRandom(seed));
  const latencies = Float64Array.from({ length: samples }, latency).sort();
  return latencies[Math.ceil(0.95 * samples) - 1]!;
}

/** Draws a request's latency: stages add, the slowest call of a stage counts. */
function latencyOf(call: Call, random: Random): () => number {
  const own = ownTimeOf(call, random);
  const stages = call.stages.map((stage) => stage.map((child) => latencyOf(child, random)));
  if (stages.length === 0) return own;
  return () => {
    let seconds = own();
    for (const stage of stages) {
      let slowest = 0;
      for (const latency of stage) slowest = Math.max(slowest, latency());
      seconds += slowest;
    }
    return seconds;
  };
}

function ownTimeOf({ distribution, demandSeconds: mean, sigma, waitSeconds }: Call, random: Random) {
  const demand: Distribution =
    distribution === 'exponential' ? { kind: distribution, mean } : { kind: 'lognormal', mean, sigma };
  if (waitSeconds === 0) return () => draw(demand, random);
  return () => draw(demand, random) + waitSeconds * unitExponential(random);
}
