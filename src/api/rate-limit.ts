/** Keeps calls that cost a whole plan from taking the daemon over. */
import type { Clock } from '../models/ports.ts';
import { ProblemError } from './problems.ts';

/**
 * A token bucket: `burst` calls at once, then one each `secondsPerCall`. The returned function throws a 429 problem when
 * the bucket is empty.
 */
export function rateLimit(clock: Clock, burst: number, secondsPerCall: number): () => void {
  let tokens = burst;
  let filledAt = clock.nowSeconds();
  return () => {
    const now = clock.nowSeconds();
    tokens = Math.min(burst, tokens + Math.max(0, now - filledAt) / secondsPerCall);
    filledAt = now;
    if (tokens < 1) throw tooMany(burst, secondsPerCall, (1 - tokens) * secondsPerCall);
    tokens -= 1;
  };
}

/**
 * A bucket of the daemon's own time, for calls whose cost depends on the application: `burstSeconds` of work at once, then
 * `share` of all time. The returned function runs the work, or throws a 429 problem when the bucket is empty.
 */
export function workLimit(
  clock: Clock,
  { burstSeconds, share }: { readonly burstSeconds: number; readonly share: number },
): <Result>(work: () => Result) => Result {
  let seconds = burstSeconds;
  let filledAt = clock.nowSeconds();
  return (work) => {
    const now = clock.nowSeconds();
    seconds = Math.min(burstSeconds, seconds + Math.max(0, now - filledAt) * share);
    filledAt = now;
    if (seconds <= 0) throw tooMuchWork(burstSeconds, share, -seconds / share);
    const startedMs = performance.now();
    try {
      return work();
    } finally {
      seconds -= (performance.now() - startedMs) / 1000;
    }
  };
}

/** Clients that are remembered; beyond them the one that called least recently begins anew. */
const MOST_CLIENTS = 1000;

/** A bucket for each client, by its address: none can use up what is another's. */
export function clientRateLimit(
  clock: Clock,
  { burst, secondsPerCall }: { readonly burst: number; readonly secondsPerCall: number },
): (address: string) => void {
  const buckets = new Map<string, () => void>();
  return (address) => {
    const spend = buckets.get(address) ?? rateLimit(clock, burst, secondsPerCall);
    // A map keeps the order in which keys were set: the first one is the longest unused.
    buckets.delete(address);
    buckets.set(address, spend);
    if (buckets.size > MOST_CLIENTS) buckets.delete(buckets.keys().next().value ?? '');
    spend();
  };
}

function tooMany(burst: number, secondsPerCall: number, waitSeconds: number): ProblemError {
  const detail = `This call is answered ${burst} times at once, then once in ${secondsPerCall} s.`;
  return waitProblem(detail, waitSeconds);
}

function tooMuchWork(burstSeconds: number, share: number, waitSeconds: number): ProblemError {
  const detail = `Calls of this kind may take ${burstSeconds} s of the daemon's time at once, then ${share * 100} % of it.`;
  return waitProblem(detail, waitSeconds);
}

function waitProblem(detail: string, waitSeconds: number): ProblemError {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(waitSeconds))) };
  return new ProblemError('too-many-requests', detail, { headers });
}
