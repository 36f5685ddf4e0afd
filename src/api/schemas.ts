/** Schemas that several resources share, and the type of the server that their routes hang on. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import { Type } from 'typebox';
import type { Problem } from './problems.ts';

export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export const ID_PATTERN = '^[^\\u0000-\\u001f\\u007f-\\u009f]{1,253}$';

/** Name of a service or chain. */
export const Id = Type.String({
  pattern: ID_PATTERN,
  description: 'a name of 1 to 253 characters without control characters',
});

/** Unknown and infinite are null. */
export const Figure = Type.Union([Type.Number(), Type.Null()]);

/** Time of an event. */
export const UnixSeconds = Type.Number({ description: 'Unix time in seconds' });

export const ServiceParams = Type.Object({ service: Id });

export const Allocation = {
  cpu: Type.Number({ description: 'Cores of one instance.' }),
  memory: Type.Number({ description: 'MiB of one instance.' }),
  instances: Type.Integer(),
};

/** Response entry of a problem document; the document itself is a shared component. */
export const ProblemResponse = Type.Unsafe<Problem>({
  description: 'Problem document (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
});

/** A figure for JSON: null when it is unknown or infinite. */
export function figure(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
