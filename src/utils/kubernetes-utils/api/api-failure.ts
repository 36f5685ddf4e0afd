/** Everything that a request to the API can end as, other than well. */
import { listAt, numberAt, textAt } from './json.ts';

export type ApiFailure =
  /** No connection came about: nothing was done. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** The connection broke after the request was sent: it may have been done. */
  | { readonly kind: 'dropped'; readonly detail: string }
  /** No answer in time: it may have been done. */
  | { readonly kind: 'timeout'; readonly seconds: number }
  /** Whoever asked no longer wants to know. */
  | { readonly kind: 'aborted' }
  /** There is nothing to say who we are with. */
  | { readonly kind: 'credentials'; readonly detail: string }
  /** An answer that no API server gives. */
  | { readonly kind: 'nonsense'; readonly code: number; readonly detail: string }
  | StatusFailure;

/** The API's own answer, a Status. */
export interface StatusFailure {
  readonly kind: 'status';
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusCause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** Long messages (a proxy's page) are cut. */
const LONGEST_MESSAGE = 500;

export function statusFailure(code: number, body: unknown, retryAfterSeconds?: number): StatusFailure {
  const causes = listAt(body, 'details', 'causes').map((cause) => ({
    reason: textAt(cause, 'reason') ?? '',
    field: textAt(cause, 'field') ?? '',
    message: textAt(cause, 'message') ?? '',
  }));
  const told = retryAfterSeconds ?? numberAt(body, 'details', 'retryAfterSeconds');
  return {
    kind: 'status',
    code: numberAt(body, 'code') ?? code,
    reason: textAt(body, 'reason') ?? '',
    message: (textAt(body, 'message') ?? `status ${code}`).slice(0, LONGEST_MESSAGE),
    causes,
    ...(told !== undefined && told > 0 && { retryAfterSeconds: told }),
  };
}

export function isStatus(failure: ApiFailure, ...codes: readonly number[]): boolean {
  return failure.kind === 'status' && codes.includes(failure.code);
}

/** Whether the request may have been done although no answer says so. */
export function isOutcomeUnknown(failure: ApiFailure): boolean {
  return (
    ['dropped', 'timeout', 'nonsense', 'aborted'].includes(failure.kind) ||
    (failure.kind === 'status' && failure.code >= 500)
  );
}

/** Whether the same request may well succeed a little later. */
export function isTransient(failure: ApiFailure): boolean {
  return (
    ['unreachable', 'dropped', 'timeout', 'nonsense', 'credentials'].includes(failure.kind) ||
    (failure.kind === 'status' && (failure.code === 429 || failure.code >= 500))
  );
}

/** A part of a sentence: `the API server cannot be reached (ECONNREFUSED)`. */
export function describeFailure(failure: ApiFailure): string {
  switch (failure.kind) {
    case 'unreachable':
      return `the API server cannot be reached (${failure.detail})`;
    case 'dropped':
      return `the connection to the API server broke (${failure.detail})`;
    case 'timeout':
      return `the API server did not answer within ${failure.seconds} s`;
    case 'aborted':
      return 'it was broken off because the daemon stops';
    case 'credentials':
      return `the credentials for the API server cannot be had (${failure.detail})`;
    case 'nonsense':
      return `what answered is no API server (status ${failure.code}, ${failure.detail})`;
    case 'status':
      return describeStatus(failure);
  }
}

function describeStatus({ code, message, retryAfterSeconds }: StatusFailure): string {
  if (code === 401) return `the API server does not accept the credentials (401: ${message})`;
  if (code === 403) return `the right is missing (403: ${message})`;
  if (code === 429) {
    const wait = retryAfterSeconds === undefined ? '' : `, again after ${retryAfterSeconds} s`;
    return `the API server has too many requests (429${wait})`;
  }
  return `the API server answered ${code}: ${message}`;
}
