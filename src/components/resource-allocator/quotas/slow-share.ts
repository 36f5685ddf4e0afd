/**
 * By how much the delay of one visit adds to the share of a chain's requests that take too long.
 *
 * A request has `slack` left when nobody waits: it is too long when the delays W of its visits add up to more. By Chernoff's
 * bound P(ΣW > s) ≤ exp(−θs)·∏E[exp(θW)], each visit counts by itself there, and 1 + x ≤ exp(x): to first order the share is
 *
 *     Σ over visits of E[exp(θ·min(W, s))] − 1, times exp(−θs)  =  Σ ∫₀ˢ θ·exp(θ(t − s))·P(W > t) dt
 *
 * A delay as long as the slack counts in full, shorter ones by how near they come to it. θ = κ/s with a fixed κ: what the
 * form misses is a factor that is the same for every visit, and that is measured (`ChainSlowness.factor`).
 */
import type { Contention } from './contention.ts';
import { DELAY_STEP, DELAYS, PERIOD_SECONDS } from './throttling-delay.ts';

/** κ. */
export const EXPONENT = 3;

/** Slack is looked at between these, periods: less would make every delay fatal, more is not tabulated. */
const LEAST_SLACK = 0.05;
const MOST_SLACK = (DELAYS - 1) * DELAY_STEP;

/** By interval of a tenth of a period what a delay in it counts for, for a chain with that slack, s. */
export function delayWeights(slackSeconds: number): Float64Array {
  const slack = Math.min(MOST_SLACK, Math.max(LEAST_SLACK, slackSeconds / PERIOD_SECONDS));
  const theta = EXPONENT / slack;
  const weights = new Float64Array(Math.min(DELAYS - 1, Math.ceil(slack / DELAY_STEP - 1e-9)));
  for (let i = 0; i < weights.length; i++) {
    const end = Math.min(slack, (i + 1) * DELAY_STEP);
    weights[i] = Math.exp(theta * (end - slack)) - Math.exp(theta * (i * DELAY_STEP - slack));
  }
  return weights;
}

/** P(delay > t) in the middle of each interval: quota and cores together, into `into`. */
export function delayMiddles(logTail: Float64Array, { share, decay }: Contention, into: Float64Array): void {
  for (let i = 0; i + 1 < DELAYS; i++) {
    const throttled = Math.exp((logTail[i]! + logTail[i + 1]!) / 2);
    const waits = share * Math.exp(-decay * (i + 0.5) * DELAY_STEP);
    into[i] = Math.min(1, throttled + waits);
  }
}

/** The same for waits for a core alone. */
export function contentionMiddles({ share, decay }: Contention, into: Float64Array): void {
  for (let i = 0; i + 1 < DELAYS; i++) into[i] = share * Math.exp(-decay * (i + 0.5) * DELAY_STEP);
}

/** Share of the requests that one visit with these delays makes too long. */
export function slowShare(middles: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * middles[i]!;
  return sum;
}
