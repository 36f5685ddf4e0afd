/** Errors of the API: problem documents after RFC 9457, from one table of kinds to status. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Fault, sentenceOf } from './faults.ts';
import { isBodyUnderWay, untilBodyIsRead } from './lingering.ts';

const KINDS = {
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'no-record-accepted': { status: 400, title: 'None of the records could be accepted' },
  unauthorized: { status: 401, title: 'The call needs a token that is good here' },
  forbidden: { status: 403, title: 'The token is not good for this call' },
  'cross-origin': { status: 403, title: 'Pages of other sites may not call this' },
  'unknown-service': { status: 404, title: 'There is no such service' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'The address does not answer to this method' },
  'no-plan-yet': { status: 409, title: 'There is no plan yet' },
  'not-undone': { status: 409, title: 'The latest change was not undone' },
  'malformed-request': { status: 400, title: 'What came is no HTTP request' },
  'request-timeout': { status: 408, title: 'The request did not come in time' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is of a type that is not understood here' },
  'too-many-requests': { status: 429, title: 'Too many requests of this kind' },
  'internal-error': { status: 500, title: 'Something went wrong in the daemon' },
  'not-ready': { status: 503, title: 'The daemon is not ready' },
} as const;

export type ProblemKind = keyof typeof KINDS;

export const RejectedRecord = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Position of the record in the batch, from 0.' }),
  error: Type.String({ description: 'Where, what was found and what is allowed.' }),
});

export const Problem = Type.Object(
  {
    type: Type.String({ description: '`urn:dta-slo:problem:` and the kind.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ where: Type.String(), found: Type.String(), allowed: Type.String() })),
    ),
    rejected: Type.Optional(Type.Array(RejectedRecord)),
    rejected_count: Type.Optional(Type.Integer()),
  },
  { $id: 'Problem', description: 'A problem document (RFC 9457).' },
);
export type Problem = Static<typeof Problem>;

export interface ProblemExtras {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Thrown by handlers, answered as a problem document. Its text goes to the client: it says nothing internal. */
export class ProblemError extends Error {
  readonly kind: ProblemKind;
  readonly extras: ProblemExtras;

  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = 'ProblemError';
    this.kind = kind;
    this.extras = extras;
  }

  /** A problem whose detail is the sentences of its faults. */
  static ofFaults(
    kind: ProblemKind,
    errors: readonly Fault[],
    headers: Readonly<Record<string, string>> = {},
  ): ProblemError {
    return new ProblemError(kind, errors.map(sentenceOf).join('; '), { errors, headers });
  }
}

/** Errors that Fastify itself raises, by its code. */
const FASTIFY_KINDS: Readonly<Record<string, ProblemKind>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
};

export function sendProblem(reply: FastifyReply, problem: ProblemError): FastifyReply {
  const { status, text, type } = problemDocument(problem);
  reply
    .code(status)
    .headers(problem.extras.headers ?? {})
    .type(type);
  if (!isBodyUnderWay(reply.request.raw)) return reply.send(text);
  return reply.header('content-length', Buffer.byteLength(text)).send(untilBodyIsRead(text, reply.raw));
}

export function problemDocument(problem: ProblemError): ProblemDocument {
  const { status, title } = KINDS[problem.kind];
  const { errors, members } = problem.extras;
  const document = {
    type: `urn:dta-slo:problem:${problem.kind}`,
    title,
    status,
    detail: problem.message,
    ...(errors === undefined ? {} : { errors }),
    ...members,
  };
  return { status, type: 'application/problem+json; charset=utf-8', text: JSON.stringify(document) };
}

interface ProblemDocument {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** The server's one error handler. What is not known to be the client's fault is logged and answered in general words. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ProblemError) return sendProblem(reply, error);
  const kind = FASTIFY_KINDS[error.code];
  if (kind === 'body-too-large') return sendProblem(reply, tooLarge(request));
  if (kind === 'unsupported-media-type') return sendProblem(reply, unsupported(request));
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return sendProblem(reply, new ProblemError('invalid-request', error.message));
  }
  request.log.error({ err: error, method: request.method, url: request.url }, 'request failed');
  return sendProblem(
    reply,
    new ProblemError(
      'internal-error',
      'The request could not be answered. The log of the daemon has the cause.',
    ),
  );
}

function tooLarge(request: FastifyRequest): ProblemError {
  const length = request.headers['content-length'];
  const found = length === undefined ? 'a longer body' : `${length} bytes`;
  const allowed = `at most ${request.routeOptions.bodyLimit} bytes; larger batches go as application/x-ndjson`;
  return ProblemError.ofFaults('body-too-large', [{ where: 'body', found, allowed }]);
}

function unsupported(request: FastifyRequest): ProblemError {
  const allowed =
    request.routeOptions.url === '/requests'
      ? 'application/json or application/x-ndjson'
      : 'application/json';
  const type = request.headers['content-type'];
  const found = type === undefined ? 'no content type' : JSON.stringify(type.slice(0, 80));
  return ProblemError.ofFaults('unsupported-media-type', [{ where: 'content-type', found, allowed }]);
}

/** Bodies are taken as they are: a compressed one would be read as garbage. Undefined when there is nothing to refuse. */
export function encodingProblem(request: FastifyRequest): ProblemError | undefined {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return undefined;
  return ProblemError.ofFaults('unsupported-media-type', [
    { where: 'content-encoding', found: JSON.stringify(encoding.slice(0, 80)), allowed: 'identity' },
  ]);
}
