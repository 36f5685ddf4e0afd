/** Bodies that are read over a while: how many at once, and who goes when others wait. */

import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { answerBroken } from './connections.ts';
import { ProblemError } from './problems.ts';
import type { ApiServer } from './schemas.ts';

/** A body has this long before it can be called slow, ms. */
const GRACE_MS = 2_000;
/** Bodies up to this length, bytes, are taken as they come: with the bound on connections they stay few enough. */
const SMALL_BODY_BYTES = 32_768;
/** What all large bodies together may hold in memory, bytes. */
const LARGE_BODIES_BYTES = 268_435_456;
const FEWEST_LARGE_BODIES = 4;
/** A large body that comes more slowly makes room for others, bytes/s. */
const SLOW_BODY_RATE = 65_536;

interface OpenBody {
  readonly sinceMs: number;
  readonly bytesBefore: number;
}

/** At most so many bodies at once. When one more comes, the slowest is cut off if it is slow; else there is no room. */
export class OpenBodies {
  readonly #most: number;
  readonly #slowBytesPerSecond: number;
  readonly #open = new Map<Socket, OpenBody>();

  constructor(most: number, slowBytesPerSecond: number) {
    this.#most = most;
    this.#slowBytesPerSecond = slowBytesPerSecond;
  }

  /** Answers whether there is room for the body that comes on this socket. */
  enter(socket: Socket): boolean {
    if (this.#open.size >= this.#most && !this.#cutSlowest()) return false;
    this.#open.set(socket, { sinceMs: performance.now(), bytesBefore: socket.bytesRead });
    return true;
  }

  leave(socket: Socket): void {
    this.#open.delete(socket);
  }

  #cutSlowest(): boolean {
    let slowest: Socket | undefined;
    let slowestRate = this.#slowBytesPerSecond;
    for (const [socket, body] of this.#open) {
      const rate = rateOf(socket, body);
      if (rate < slowestRate) [slowest, slowestRate] = [socket, rate];
    }
    if (slowest === undefined) return false;
    this.#open.delete(slowest);
    answerBroken(Object.assign(new Error('slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), slowest);
    return true;
  }
}

/** bytes/s; Infinity as long as it is too early to tell. */
function rateOf(socket: Socket, { sinceMs, bytesBefore }: OpenBody): number {
  const ageMs = performance.now() - sinceMs;
  return ageMs < GRACE_MS ? Number.POSITIVE_INFINITY : ((socket.bytesRead - bytesBefore) / ageMs) * 1000;
}

/** Bounds what bodies that are read whole hold in memory together; those that are streamed bound themselves. */
export function boundLargeBodies(server: ApiServer, bodyLimitBytes: number): void {
  const most = Math.max(FEWEST_LARGE_BODIES, Math.floor(LARGE_BODIES_BYTES / bodyLimitBytes));
  const bodies = new OpenBodies(most, SLOW_BODY_RATE);
  server.addHook('preParsing', (request, _reply, payload, done) => {
    if (!isLarge(request, bodyLimitBytes)) return done(null, payload);
    const { socket } = request.raw;
    if (!bodies.enter(socket)) return done(tooManyBodies(most));
    request.raw.once('close', () => bodies.leave(socket));
    done(null, payload);
  });
}

/** What is longer than allowed is refused without being read. */
function isLarge({ headers }: FastifyRequest, bodyLimitBytes: number): boolean {
  if (headers['content-type']?.startsWith('application/json') !== true) return false;
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] !== undefined;
  return Number(length) > SMALL_BODY_BYTES && Number(length) <= bodyLimitBytes;
}

function tooManyBodies(most: number): ProblemError {
  const detail = `${most} large bodies are being read already; send again when one has ended, or as NDJSON.`;
  return new ProblemError('too-many-requests', detail, {
    headers: { 'retry-after': '1', connection: 'close' },
  });
}
