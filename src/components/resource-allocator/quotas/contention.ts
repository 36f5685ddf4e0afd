/**
 * Waits for a core while the quota lasts: an instance runs on so many cores and no more, whatever its quota. By the
 * formula for M/M/c a visit waits longer than t with probability C(c, D)·exp(−(c − D)·t/E[S]), C being Erlang's
 * (Erlang, Solution of some problems in the theory of probabilities of significance in automatic telephone exchanges, 1917).
 * Visits of one request come together: m/2, with m = E[W²]/E[W] of what comes at a time, takes the place of E[S] as it does
 * in heavy traffic (Kingman, The single server queue in heavy traffic, 1961); for an exponential S it is the same.
 */
import { PERIOD_SECONDS } from './throttling-delay.ts';

/** Above this utilisation of the cores everybody waits. */
const FULL = 0.97;

export interface Contention {
  /** Share of the visits that wait at all. */
  readonly share: number;
  /** ln P(wait > t | wait) falls by this for each period of t. */
  readonly decay: number;
}

const ENDLESS: Contention = { share: 1, decay: 0 };

/**
 * @param demandCores of one instance
 * @param cores that it can use at once, whole ones; less than one counts as one
 * @param workCoreSeconds m
 */
export function contentionOf(demandCores: number, cores: number, workCoreSeconds: number): Contention {
  const servers = Math.max(1, Math.floor(cores + 1e-9));
  if (demandCores <= 0 || workCoreSeconds <= 0) return { share: 0, decay: 0 };
  if (demandCores >= FULL * servers) return ENDLESS;
  return {
    share: erlangC(servers, demandCores),
    decay: (2 * (servers - demandCores) * PERIOD_SECONDS) / workCoreSeconds,
  };
}

/** Probability that a job waits in M/M/c with `load` jobs in service on average, by the recursion of Erlang B. */
export function erlangC(servers: number, load: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (load * blocked) / (k + load * blocked);
  return blocked / (1 - (load / servers) * (1 - blocked));
}
