import type { ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';
import type { Answer } from './handlers.ts';
import type { Json } from './json.ts';
import { ApiError } from './status.ts';

type StatusFault = Extract<Fault, { kind: 'status' }>;

export function sendFault(response: ServerResponse, fault: StatusFault): void {
  const { code, retryAfterSeconds } = fault;
  if (code === 429) {
    sendTooMany(response, fault);
    return;
  }
  const [reason, message] = WORDS[code] ?? ['', 'an error on the server'];
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const error = new ApiError(code, fault.reason ?? reason, fault.message ?? message, details);
  send(response, { code, body: error.status }, [], undefined);
}

function sendTooMany(response: ServerResponse, { message, retryAfterSeconds }: StatusFault): void {
  response.writeHead(429, {
    'content-type': 'text/plain; charset=utf-8',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(`${message ?? 'Too many requests, please try again later.'}\n`);
}

const WORDS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden by the test'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: [
    'Conflict',
    'Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again',
  ],
  410: ['Expired', 'too old resource version'],
  422: ['Invalid', 'the object is invalid'],
  500: ['', 'etcdserver: request timed out'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded'],
};

export function send(
  response: ServerResponse,
  { code, body }: Answer,
  warnings: readonly string[],
  fault: Fault | undefined,
): void {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'drop' && fault.when === 'after') return void response.destroy();
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  const headers: Record<string, string | string[]> = {
    'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-cache, private',
  };
  const retryAfter = retryAfterOf(body);
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter;
  if (warnings.length > 0) headers['warning'] = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
  response.writeHead(code, headers);
  if (fault?.kind === 'drop') response.write(text.slice(0, text.length / 2), () => response.destroy());
  else response.end(text);
}

function retryAfterOf(body: Json): string | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { kind, details } = body;
  if (kind !== 'Status' || typeof details !== 'object' || details === null || Array.isArray(details))
    return undefined;
  const seconds = details['retryAfterSeconds'];
  return typeof seconds === 'number' ? String(seconds) : undefined;
}

export function failure(error: unknown): Answer {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(
          500,
          'InternalError',
          `Internal error occurred: ${error instanceof Error ? error.stack : String(error)}`,
        );
  return { code: known.code, body: known.status };
}
