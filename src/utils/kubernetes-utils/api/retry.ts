/** Tries again what may well succeed a little later. */
import type { Clock, Random } from '../../../models/ports.ts';
import type { ApiAnswer } from './api-client.ts';
import { type ApiFailure, isTransient } from './api-failure.ts';

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  /** Tries in all. */
  readonly tries: number;
  /** Beside what is transient, for example a 409 of a change in between. */
  readonly alsoRetry?: (failure: ApiFailure) => boolean;
}

const FIRST_SECONDS = 0.25;
const LONGEST_SECONDS = 10;

/** A server that asks for a longer wait is tried again when it is the next pass's turn. */
const LONGEST_ASKED_SECONDS = 60;

/** The last answer; after `tries` the failure is the caller's. */
export async function retrying(act: () => Promise<ApiAnswer>, options: RetryOptions): Promise<ApiAnswer> {
  const { clock, random, signal, tries, alsoRetry = () => false } = options;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await act();
    if (answer.kind === 'answer' || attempt >= tries || signal?.aborted === true) return answer;
    const { failure } = answer;
    if (!isTransient(failure) && !alsoRetry(failure)) return answer;
    const seconds = pauseSeconds(failure, attempt, random);
    if (seconds > LONGEST_ASKED_SECONDS) return answer;
    await clock.sleep(seconds, signal);
  }
}

/**
 * Full jitter: uniform up to a bound that doubles (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/),
 * so that many clients do not come back at once; what the server asked for is waited for in any case.
 */
export function pauseSeconds(failure: ApiFailure, attempt: number, random: Random): number {
  const jitter = random() * Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (attempt - 1));
  return (failure.kind === 'status' ? (failure.retryAfterSeconds ?? 0) : 0) + jitter;
}
