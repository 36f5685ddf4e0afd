/** What the server does below its routes: broken requests, slow clients, too many of them. */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ProblemError, problemDocument } from './problems.ts';

export interface ConnectionLimits {
  /** A client sends the headers of a request within this time, ms. */
  readonly headersMs: number;
  /** A body must be there whole within this time; also the longest that one NDJSON stream may last, ms. */
  readonly requestMs: number;
  /** A connection on which nothing at all moves is closed after this time, ms. */
  readonly silenceMs: number;
  /** How often it is looked for requests that are over their time, ms. */
  readonly checkingMs: number;
  readonly connections: number;
}

export function defaultLimits(): ConnectionLimits {
  return {
    headersMs: 10_000,
    requestMs: 300_000,
    silenceMs: 120_000,
    checkingMs: 2_000,
    connections: mostConnections(),
  };
}

const MOST_CONNECTIONS = 8_192;
/** File descriptors that are left for everything else: the history, a cluster's API, the log. */
const RESERVED_DESCRIPTORS = 128;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** The options of Fastify that are about connections. */
export function connectionOptions(limits: ConnectionLimits) {
  return {
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: limits.checkingMs },
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.silenceMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    clientErrorHandler: answerBroken,
  };
}

/**
 * Bounds the connections. When there are too many the one whose last request began longest ago goes: slow clients make
 * room for the others, however many they are.
 */
export function boundConnections(server: Server, most: number): void {
  const oldestFirst = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    oldestFirst.add(socket);
    socket.once('close', () => oldestFirst.delete(socket));
    if (oldestFirst.size <= most) return;
    const [oldest] = oldestFirst;
    oldestFirst.delete(oldest!);
    oldest!.destroy();
  });
  server.on('request', ({ socket }: IncomingMessage) => {
    if (oldestFirst.delete(socket)) oldestFirst.add(socket);
  });
}

/** As many as there are file descriptors for. Node.js raises its own limit to the hard one when it starts. */
function mostConnections(): number {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limitsOfProcess())?.[1]);
  if (!Number.isFinite(limit)) return MOST_CONNECTIONS;
  return Math.max(16, Math.min(MOST_CONNECTIONS, limit - RESERVED_DESCRIPTORS));
}

function limitsOfProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Not Linux.
    return '';
  }
}

/** What never became a request is answered with a problem document too, and its connection ends. */
export function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable && !hasAnswerUnderWay(socket))
    socket.write(rawProblem(brokenProblem(error.code ?? '')));
  socket.destroy();
}

/** Node.js keeps there what it is answering on the socket; a second answer within the first would be garbage. */
function hasAnswerUnderWay(socket: Socket & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function brokenProblem(code: string): ProblemError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return slowRequest();
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ProblemError('headers-too-large', 'The headers are too large; allowed: 16 KiB in all.');
  const detail = `What came is no HTTP/1.1 request${PARSER_WORDS[code] ?? ''}.`;
  return new ProblemError('malformed-request', detail);
}

function slowRequest(): ProblemError {
  const detail =
    'The request came too slowly: its headers must be there within 10 s, all of it within 300 s, and a large body no ' +
    'slower than 64 KiB/s while others wait.';
  return new ProblemError('request-timeout', detail);
}

/** Where the parser of Node.js stumbled, by its code. */
const PARSER_WORDS: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: ': its method is unknown, or it follows a body that is longer than its content-length',
  HPE_INVALID_CONTENT_LENGTH: ': its content-length is no number',
  HPE_UNEXPECTED_CONTENT_LENGTH: ': it has both content-length and transfer-encoding, or two lengths',
  HPE_INVALID_TRANSFER_ENCODING: ': its transfer-encoding is not understood',
  HPE_INVALID_CHUNK_SIZE: ': the size of a chunk is no number',
  HPE_INVALID_EOF_STATE: ': it ended before its body was whole',
  HPE_INVALID_HEADER_TOKEN: ': a header is not well formed',
  HPE_INVALID_VERSION: ': its HTTP version is unknown',
};

function rawProblem(problem: ProblemError): string {
  const { status, text, type } = problemDocument(problem);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    '',
    text,
  ].join('\r\n');
}
