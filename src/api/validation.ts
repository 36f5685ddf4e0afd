/** Validation of input by TypeBox schemas, with every fault named: where, found, allowed. */
import type { FastifySchemaCompiler } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { type Fault, oneOf, show, showKey, UNKNOWN_KEY } from './faults.ts';
import { at, isObject, keysOf, objectAt, unescapePointer } from './json-values.ts';
import { ProblemError } from './problems.ts';
import { describeSchema } from './schema-words.ts';

const MOST_FAULTS = 20;

/** A compiled schema: whether a value fits, and the faults of one that does not. */
export interface Checker {
  check(value: unknown): boolean;
  /** At most 20. `where` paths begin with the prefix. */
  faults(value: unknown, prefix: string): readonly Fault[];
}

export function checkerOf(schema: TSchema): Checker {
  const compiled = Compile(schema);
  return {
    check: (value) => compiled.Check(value),
    faults: (value, prefix) => {
      const byPlace = new Map<string, SchemaError>();
      for (const error of compiled.Errors(value)) keepBroadest(byPlace, error);
      // A mistyped key is the cause of the missing one: it comes first.
      const unknownFirst = [...byPlace.values()].sort((a, b) => rank(a) - rank(b));
      return unknownFirst.flatMap((error) => faultsOf(schema, value, prefix, error)).slice(0, MOST_FAULTS);
    },
  };
}

/** Fastify's validator: text of query and path becomes numbers where the schema wants them, bodies stay as they are. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const checker = checkerOf(schema);
  const part = httpPart ?? 'body';
  // Callers know the names of a query or a path, and no word for the whole of it.
  const prefix = part === 'body' ? part : '';
  return (input: unknown) => {
    // Fastify hands a body that is not there on as null.
    const value = part === 'body' ? (input ?? undefined) : Value.Default(schema, withNumbers(schema, input));
    const isLeftOut = value === undefined && Type.IsOptional(schema);
    if (isLeftOut || checker.check(value)) return { value };
    return { error: ProblemError.ofFaults('invalid-request', checker.faults(value, prefix)) };
  };
};

/** Texts become numbers where the schema wants numbers and they are written as such; nothing is rounded. */
function withNumbers(schema: TSchema, input: unknown): unknown {
  if (!isObject(input)) return input;
  const properties = objectAt(schema, 'properties');
  const entries = Object.entries(input).map(([key, text]) => {
    const type = Object.hasOwn(properties, key) ? objectAt(properties, key)['type'] : undefined;
    const isNumeric =
      (type === 'number' || type === 'integer') && typeof text === 'string' && /\d/.test(text);
    return [key, isNumeric && !Number.isNaN(Number(text)) ? Number(text) : text] as const;
  });
  return Object.fromEntries(entries);
}

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
}

/**
 * A failed union reports each of its members at the same place: the union itself says most. Keys that are missing and keys
 * that are too many stand at one place too, but are two faults.
 */
function keepBroadest(byPlace: Map<string, SchemaError>, error: SchemaError): void {
  if (error.keyword === 'boolean') return;
  const aboutKeys = error.keyword === 'required' || error.keyword === 'additionalProperties';
  const place = aboutKeys ? `${error.instancePath} ${error.keyword}` : error.instancePath;
  const known = byPlace.get(place);
  if (known === undefined || error.schemaPath.length < known.schemaPath.length) byPlace.set(place, error);
}

function rank(error: SchemaError): number {
  return error.keyword === 'additionalProperties' ? 0 : 1;
}

function faultsOf(root: TSchema, value: unknown, prefix: string, error: SchemaError): readonly Fault[] {
  const schema = at(root, error.schemaPath.replace(/^#/, ''));
  const where = [prefix, ...segments(error.instancePath)].filter((part) => part !== '').join('.');
  const within = (key: string): string => (where === '' ? key : `${where}.${key}`);
  const keys = Object.keys(objectAt(schema, 'properties'));
  if (error.keyword === 'required') {
    return keysOf(error.params, 'requiredProperties').map((key) => ({
      where: within(key),
      found: 'nothing',
      allowed: describeSchema(at(schema, `/properties/${key}`)),
    }));
  }
  if (error.keyword === 'additionalProperties') {
    return keysOf(error.params, 'additionalProperties').map((key) => ({
      where: within(showKey(key)),
      found: UNKNOWN_KEY,
      allowed: oneOf(keys, key),
    }));
  }
  return [{ where, found: show(at(value, error.instancePath)), allowed: describeSchema(schema) }];
}

function segments(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => showKey(unescapePointer(part)));
}
