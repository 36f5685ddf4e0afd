/** How long a chain takes when nobody waits for anybody: the base of its objective. */
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { draw, unitExponential } from '../../replay/random-variates.ts';
import type { Call } from '../../simulator/application.ts';

const SAMPLES = 100_000;
const SEED = 1;
const SLO_FACTOR = 3;

/** The objective of a chain: three times its p95 without load, s. */
export function usualSlo(root: Call): number {
  return SLO_FACTOR * unloadedP95(root);
}

/** p95 end to end with a core for every visit, s, from 100,000 draws (their standard error is about 0.3 %). */
export function unloadedP95(root: Call, samples = SAMPLES, seed = SEED): number {
  const random = seededRandom(seed);
  const latencies = Float64Array.from({ length: samples }, () => unloadedSeconds(root, random)).sort();
  return latencies[Math.ceil(0.95 * samples) - 1]!;
}

/** One request: stages add, the slowest call of a stage counts. */
function unloadedSeconds(call: Call, random: Random): number {
  let seconds = draw(demandOf(call), random);
  if (call.waitSeconds > 0) seconds += call.waitSeconds * unitExponential(random);
  for (const stage of call.stages) {
    let slowest = 0;
    for (const child of stage) slowest = Math.max(slowest, unloadedSeconds(child, random));
    seconds += slowest;
  }
  return seconds;
}

function demandOf({ distribution = 'lognormal', demandSeconds: mean, sigma }: Call) {
  return distribution === 'exponential'
    ? ({ kind: distribution, mean } as const)
    : ({ kind: distribution, mean, sigma } as const);
}
