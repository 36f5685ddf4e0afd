/** POST /requests: traffic comes in. The hot route. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import { type Fault, show, showKey, UNKNOWN_KEY } from '../faults.ts';
import { OpenBodies } from '../open-bodies.ts';
import { encodingProblem, ProblemError, RejectedRecord } from '../problems.ts';
import { readNdjson } from '../requests/ndjson.ts';
import { TrafficRecord } from '../requests/record.ts';
import { type MalformedCounter, RecordTally } from '../requests/tally.ts';
import { type ApiServer, ProblemResponse } from '../schemas.ts';

const NDJSON = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'];
/** Streams that are read at the same time; each holds a connection and one line. */
const MOST_STREAMS = 256;
/** A stream that brings less makes room for another when all are taken, bytes/s. */
const SLOW_STREAM_RATE = 1024;
const JSON_TYPE = 'application/json; charset=utf-8';
const ONE_ACCEPTED = '{"accepted":1,"rejected":[]}';

const RequestsBody = Type.Union(
  [TrafficRecord, Type.Array(TrafficRecord), Type.Object({ requests: Type.Array(TrafficRecord) })],
  {
    description: 'One record, an array of records, or an object with the array; as NDJSON one record a line.',
  },
);

const RequestsAnswer = Type.Object({
  accepted: Type.Integer({ description: 'Records that were counted.' }),
  rejected: Type.Array(RejectedRecord, { description: 'The others, at most 100 of them.' }),
  rejected_count: Type.Optional(
    Type.Integer({ description: 'How many were rejected; only there when more than are listed.' }),
  ),
});

const requestsSchema = {
  tags: ['traffic'],
  summary: 'Take in records of requests that have ended',
  consumes: ['application/json', 'application/x-ndjson'],
  body: RequestsBody,
  response: {
    202: RequestsAnswer,
    400: ProblemResponse,
    413: ProblemResponse,
    415: ProblemResponse,
    429: ProblemResponse,
  },
};

export async function requestsRoutes(server: ApiServer, daemon: Daemon, counter: MalformedCounter) {
  const streams = new OpenBodies(MOST_STREAMS, SLOW_STREAM_RATE);

  // A scope of its own: NDJSON is understood here only.
  await server.register(async (scope) => {
    scope.addContentTypeParser(NDJSON, (request, payload, done) => {
      done(encodingProblem(request) ?? null, payload);
    });
    // The body is checked record by record, so that a bad record costs only itself.
    const validatorCompiler = () => (value: unknown) => ({ value });

    scope.post('/requests', { schema: requestsSchema, validatorCompiler }, (request, reply) => {
      const body: unknown = request.body;
      if (body === undefined || body === null) throw nothingSent();
      const tally = new RecordTally(daemon, counter);
      if (body instanceof Readable) return answerStream(body, request.raw.socket, tally, reply);
      takeAll(body, tally);
      answer(tally, reply);
      return undefined;
    });
  });

  async function answerStream(body: Readable, socket: Socket, tally: RecordTally, reply: FastifyReply) {
    if (!streams.enter(socket)) throw tooManyStreams();
    try {
      await readNdjson(body, tally);
    } catch (error) {
      throw body.readableAborted ? brokenOff(tally) : error;
    } finally {
      streams.leave(socket);
    }
    return answer(tally, reply);
  }
}

function takeAll(body: unknown, tally: RecordTally): void {
  if (Array.isArray(body)) {
    for (const record of body) tally.take(record);
  } else if (typeof body === 'object' && body !== null && Object.hasOwn(body, 'requests')) {
    takeEnvelope(body, tally);
  } else {
    tally.take(body);
  }
}

function takeEnvelope(body: object, tally: RecordTally): void {
  const { requests, ...others }: { requests?: unknown } = body;
  const faults = Object.keys(others).map((key) => ({
    where: showKey(key),
    found: UNKNOWN_KEY,
    allowed: 'requests alone',
  }));
  if (!Array.isArray(requests)) {
    faults.unshift({ where: 'requests', found: show(requests), allowed: 'an array of records' });
  }
  if (faults.length > 0) throw ProblemError.ofFaults('invalid-request', faults.slice(0, 20));
  if (Array.isArray(requests)) takeAll(requests, tally);
}

function answer(tally: RecordTally, reply: FastifyReply): FastifyReply {
  if (tally.rejectedCount === 0) {
    const text = tally.accepted === 1 ? ONE_ACCEPTED : `{"accepted":${tally.accepted},"rejected":[]}`;
    return reply.code(202).header('content-type', JSON_TYPE).send(text);
  }
  if (tally.accepted === 0) throw noneAccepted(tally);
  return reply.code(202).send({ accepted: tally.accepted, ...rejectionsOf(tally) });
}

function rejectionsOf(tally: RecordTally) {
  const all = tally.rejectedCount === tally.rejections.length;
  return { rejected: tally.rejected(), ...(all ? {} : { rejected_count: tally.rejectedCount }) };
}

function noneAccepted(tally: RecordTally): ProblemError {
  const errors = tally.rejections.flatMap(({ index, faults }) =>
    faults.map((fault) => ({ ...fault, where: placeOf(index, fault) })),
  );
  const first = tally.rejected()[0]?.error ?? '';
  const detail = tally.rejectedCount === 1 ? first : `${tally.rejectedCount} records, the first: ${first}`;
  return new ProblemError('no-record-accepted', detail, { errors, members: rejectionsOf(tally) });
}

/** What is wrong with a record as a whole has no place within it. */
function placeOf(index: number, { where, found }: Fault): string {
  const isWhole = (where === 'record' || where === 'line') && found !== UNKNOWN_KEY;
  return isWhole ? `[${index}]` : `[${index}].${where}`;
}

function nothingSent(): ProblemError {
  const allowed = 'a record, an array of records, an object with requests, or NDJSON';
  return ProblemError.ofFaults('invalid-request', [{ where: 'body', found: 'nothing', allowed }]);
}

/** Nobody reads this answer; it keeps a client that went away out of the log of failures. */
function brokenOff(tally: RecordTally): ProblemError {
  const detail = `The body broke off; ${tally.accepted} records that were whole are counted.`;
  return new ProblemError('invalid-request', detail);
}

function tooManyStreams(): ProblemError {
  return new ProblemError(
    'too-many-requests',
    `${MOST_STREAMS} NDJSON streams are being read already; send again when one has ended.`,
    { headers: { 'retry-after': '1', connection: 'close' } },
  );
}
