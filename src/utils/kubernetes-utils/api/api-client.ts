/** Requests to the API server: JSON in, JSON out, and a failure for everything else. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf } from '../../../models/errors.ts';
import { type ApiFailure, isStatus, statusFailure } from './api-failure.ts';
import type { ClusterAccess, Connection } from './cluster-access.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root: `/apis/apps/v1/namespaces/shop/deployments/auth`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  /** Of the body; `application/json`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

export type ApiAnswer =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'failure'; readonly failure: ApiFailure };

/** An answer that goes on: `lines` ends when the server ends it, and throws when the connection breaks. */
export type ApiStream =
  | { readonly kind: 'stream'; readonly response: IncomingMessage }
  | { readonly kind: 'failure'; readonly failure: ApiFailure };

/** More than a page of 500 large pods. */
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;

/** So that a connection that died without a word is noticed by the machine too. */
const TCP_KEEP_ALIVE_MS = 15_000;

export class ApiClient {
  readonly access: ClusterAccess;
  readonly #timeoutSeconds: number;

  constructor(access: ClusterAccess, timeoutSeconds: number) {
    this.access = access;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** One request and its whole answer. Credentials that are no longer accepted are read anew and tried once more. */
  async request(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.#once(request);
    if (answer.kind === 'answer' || !isStatus(answer.failure, 401) || !this.#renewed()) return answer;
    return this.#once(request);
  }

  /** A request whose answer goes on. The time-out is for its beginning alone. */
  async stream(request: ApiRequest): Promise<ApiStream> {
    const opened = await this.#open(request);
    if (opened.kind === 'failure') return opened;
    const { response } = opened;
    if (response.statusCode === 200) return { kind: 'stream', response };
    const whole = await this.#whole(response);
    if (whole.kind === 'failure' && isStatus(whole.failure, 401)) this.#renewed();
    return whole.kind === 'failure' ? whole : { kind: 'failure', failure: notExpected(response) };
  }

  close(): void {
    this.access.close();
  }

  #renewed(): boolean {
    try {
      this.access.renew();
      return true;
    } catch {
      // What cannot be read anew now may be half written; the 401 is told, and the next request tries again.
      return false;
    }
  }

  async #once(request: ApiRequest): Promise<ApiAnswer> {
    const opened = await this.#open(request);
    if (opened.kind === 'failure') return opened;
    const answer = await this.#whole(opened.response);
    return answer.kind === 'failure' && isAborted(request) ? failed({ kind: 'aborted' }) : answer;
  }

  /** Resolves with the headers of the answer. */
  async #open(request: ApiRequest): Promise<ApiStream> {
    if (isAborted(request)) return failed({ kind: 'aborted' });
    let connection: Connection;
    try {
      connection = await this.#connection(request.signal);
    } catch (thrown) {
      if (isAborted(request)) return failed({ kind: 'aborted' });
      return failed({ kind: 'credentials', detail: messageOf(thrown) });
    }
    try {
      return await new Promise<ApiStream>((resolve) => this.#send(request, connection, resolve));
    } catch (thrown) {
      // Node takes no header with such a token (ERR_INVALID_CHAR). The file that it came from may be mended by now.
      this.#renewed();
      return failed({ kind: 'credentials', detail: messageOf(thrown) });
    }
  }

  /** A program that gives credentials may hang: it is waited for as for an answer. */
  async #connection(signal: AbortSignal | undefined): Promise<Connection> {
    const giveUp = new AbortController();
    const end = () => giveUp.abort();
    signal?.addEventListener('abort', end, { once: true });
    const timer = setTimeout(end, this.#timeoutSeconds * 1000);
    const ended = new Promise<never>((_resolve, reject) => {
      giveUp.signal.addEventListener('abort', () =>
        reject(new Error(`not within ${this.#timeoutSeconds} s`)),
      );
    });
    try {
      return await Promise.race([this.access.connection(), ended]);
    } catch (thrown) {
      // The next request is not to wait for the same program.
      if (giveUp.signal.aborted) this.#renewed();
      throw thrown;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  #send(request: ApiRequest, connection: Connection, resolve: (stream: ApiStream) => void): void {
    const { server } = this.access;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const options: RequestOptions = {
      method: request.method,
      agent: connection.agent,
      headers: headersOf(request, body, connection),
    };
    const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
    const outgoing = send(urlOf(server, request), options);
    const seconds = this.#timeoutSeconds;
    let ending: ApiFailure | undefined;
    const end = (failure: ApiFailure) => {
      ending ??= failure;
      outgoing.destroy();
    };
    const timer = setTimeout(() => end({ kind: 'timeout', seconds }), seconds * 1000);
    const abort = () => end({ kind: 'aborted' });
    request.signal?.addEventListener('abort', abort, { once: true });
    outgoing.on('socket', (socket) => socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS));
    outgoing.on('response', (response) => {
      clearTimeout(timer);
      resolve({ kind: 'stream', response });
    });
    outgoing.on('error', (error) => resolve(failed(ending ?? connectionFailure(error))));
    outgoing.on('close', () => {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', abort);
      resolve(failed(ending ?? { kind: 'dropped', detail: 'closed without an answer' }));
    });
    outgoing.end(body);
  }

  async #whole(response: IncomingMessage): Promise<ApiAnswer> {
    const seconds = this.#timeoutSeconds;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      response.destroy();
    }, seconds * 1000);
    try {
      return answerOf(response, await textOf(response));
    } catch (thrown) {
      return failed(late ? { kind: 'timeout', seconds } : { kind: 'dropped', detail: messageOf(thrown) });
    } finally {
      clearTimeout(timer);
    }
  }
}

function isAborted({ signal }: ApiRequest): boolean {
  return signal?.aborted === true;
}

function urlOf(server: URL, { path, query = {} }: ApiRequest): URL {
  const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
  return url;
}

function headersOf(
  { contentType = 'application/json' }: ApiRequest,
  body: string | undefined,
  { headers }: Connection,
): Record<string, string | number> {
  return {
    Accept: 'application/json',
    'User-Agent': 'dta-slo',
    ...headers,
    ...(body !== undefined && { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }),
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER_BYTES) throw new Error(`an answer of more than ${LARGEST_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(response: IncomingMessage, text: string): ApiAnswer {
  const code = response.statusCode ?? 0;
  const body = parsed(text);
  if (code >= 200 && code < 300) {
    return body === undefined ? failed(notExpected(response)) : { kind: 'answer', body };
  }
  // A proxy in between answers with a page; its status still says what to do.
  return failed(statusFailure(code, body ?? { message: text.slice(0, 200) }, retryAfter(response)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notExpected(response: IncomingMessage): ApiFailure {
  const detail = `no JSON but ${response.headers['content-type'] ?? 'nothing said'}`;
  return { kind: 'nonsense', code: response.statusCode ?? 0, detail };
}

/** Seconds, as API servers write it; a date is left to our own back-off. */
function retryAfter({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** What fails before a connection stands was not done. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPROTO',
]);

function connectionFailure(error: Error): ApiFailure {
  const code = 'code' in error ? String(error.code) : '';
  const isCertificate = code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNATURE');
  const kind = NEVER_SENT.has(code) || isCertificate ? 'unreachable' : 'dropped';
  return { kind, detail: error.message };
}

function failed(failure: ApiFailure): { readonly kind: 'failure'; readonly failure: ApiFailure } {
  return { kind: 'failure', failure };
}
