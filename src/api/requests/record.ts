/** One record of traffic as it arrives. */
import { type Static, Type } from 'typebox';
import type { RecordOutcome, TrafficIntake } from '../../models/ports.ts';
import { ID_PATTERN, Id } from '../schemas.ts';

const LARGEST_COUNT = 1_000_000_000;

export const TrafficRecord = Type.Object(
  {
    service_id: Type.Optional(Type.Union([Id, Type.Null()])),
    chain_id: Id,
    response_time: Type.Number({
      minimum: 0,
      description:
        'Seconds spent in the service, from the arrival of the request (not from the start of its handler, which hides 20 to 60 % of the real wait), without waiting for the services it calls.',
    }),
    is_error: Type.Optional(Type.Boolean({ description: 'Default false.' })),
    timestamp: Type.Optional(
      Type.Number({ minimum: 0, description: 'Unix seconds of completion. Default: now.' }),
    ),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LARGEST_COUNT,
        description: 'How many equal requests. Default 1.',
      }),
    ),
    cpu_seconds: Type.Optional(Type.Number({ minimum: 0, description: 'CPU time of each of the requests.' })),
  },
  {
    additionalProperties: false,
    description: 'Without `service_id` (or with null): an end-to-end sample of the chain.',
  },
);
export type TrafficRecord = Static<typeof TrafficRecord>;

const ID = new RegExp(ID_PATTERN, 'u');

/**
 * Whether a value that JSON.parse made fits the schema `TrafficRecord`: the same answer (a test holds them equal), several times
 * faster, since this runs for each record of the hot path.
 */
export function isTrafficRecord(value: unknown): value is TrafficRecord {
  if (!isCandidate(value)) return false;
  const { service_id, chain_id, response_time, is_error, timestamp, count, cpu_seconds } = value;
  if (!isId(chain_id) || !isNonNegative(response_time)) return false;
  let known = 2;
  if (service_id !== undefined) {
    if (service_id !== null && !isId(service_id)) return false;
    known += 1;
  }
  if (is_error !== undefined) {
    if (typeof is_error !== 'boolean') return false;
    known += 1;
  }
  if (timestamp !== undefined) {
    if (!isNonNegative(timestamp)) return false;
    known += 1;
  }
  if (count !== undefined) {
    if (!isCount(count)) return false;
    known += 1;
  }
  if (cpu_seconds !== undefined) {
    if (!isNonNegative(cpu_seconds)) return false;
    known += 1;
  }
  return keyCount(value) === known;
}

/** Hands a record to the monitor. */
export function intakeRecord(intake: TrafficIntake, record: TrafficRecord): RecordOutcome {
  const { service_id, chain_id, response_time, is_error, timestamp, count } = record;
  return service_id === undefined || service_id === null
    ? intake.recordEndToEnd(chain_id, response_time, is_error, timestamp, count)
    : intake.recordRequest(
        service_id,
        chain_id,
        response_time,
        is_error,
        timestamp,
        count,
        record.cpu_seconds,
      );
}

type Candidate = { readonly [Key in keyof TrafficRecord]?: unknown };

function isCandidate(value: unknown): value is Candidate {
  return typeof value === 'object' && value !== null;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isNonNegative(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LARGEST_COUNT;
}

/** Own keys of a parsed object. `for in` is the one way that allocates nothing. */
function keyCount(value: object): number {
  let keys = 0;
  for (const _ in value) keys += 1;
  return keys;
}
