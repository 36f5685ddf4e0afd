import type { Random } from '../../../src/models/ports.ts';
import type { RateTrace } from '../../replay/arrivals.ts';
import { gammaVariate } from './random-gamma.ts';

const SLOT_SECONDS = 1;

/**
 * Traffic that comes in bursts: the rate of each second is multiplied by a gamma variate with mean 1, so that the
 * requests in it have the given variance over mean (they are negative binomial, with rate r a shape of
 * r / (dispersion − 1)). Seconds are as near to one as the trace's buckets allow.
 *
 * @param dispersion 1 or more; 1 leaves Poisson's
 */
export function withBursts(trace: RateTrace, dispersion: number, random: Random): RateTrace {
  if (dispersion === 1) return trace;
  if (!(dispersion > 1)) throw new Error(`dispersion: found ${dispersion}, allowed: 1 or more`);
  const parts = Math.max(1, Math.round(trace.bucketSeconds / SLOT_SECONDS));
  const bucketSeconds = trace.bucketSeconds / parts;
  const perSlot = Math.max(1, Math.round(SLOT_SECONDS / bucketSeconds));
  const rates = new Float64Array(trace.ratesPerSecond.length * parts);
  for (let start = 0; start < rates.length; start += perSlot) {
    const slot = rates.subarray(start, start + perSlot);
    slot.forEach((_, i) => {
      slot[i] = trace.ratesPerSecond[Math.floor((start + i) / parts)]!;
    });
    const mean = slot.reduce((sum, rate) => sum + rate * bucketSeconds, 0);
    if (mean === 0) continue;
    const factor = (gammaVariate(mean / (dispersion - 1), random) * (dispersion - 1)) / mean;
    slot.forEach((rate, i) => {
      slot[i] = rate * factor;
    });
  }
  return { bucketSeconds, ratesPerSecond: rates };
}
