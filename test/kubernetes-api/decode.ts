import { joined, type Step, stepOfItem, wordedPath } from './field-sets.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { BAD_QUANTITY, canonicalQuantity } from './quantity.ts';
import type { ListSchema, Schema } from './schema.ts';

/** What decoding found wrong: `fatal` makes the object unreadable, `unknown` fields are dropped. */
export interface Decoded {
  readonly value: JsonObject;
  readonly fatal?: string;
  readonly unknown: readonly string[];
}

interface Findings {
  fatal?: string;
  readonly unknown: string[];
}

/**
 * The object as the server holds it: unknown fields and nulls dropped, quantities in their canonical form. The words of
 * the errors are those of Go's JSON decoder and of `resource.ParseQuantity`.
 */
export function decode(schema: Schema, kind: string, value: JsonObject): Decoded {
  const findings: Findings = { unknown: [] };
  const decoded = decodeValue(schema, value, '', kind, findings);
  return {
    value: isObject(decoded) ? decoded : {},
    unknown: findings.unknown,
    ...(findings.fatal === undefined ? {} : { fatal: findings.fatal }),
  };
}

function decodeValue(schema: Schema, value: Json, path: string, kind: string, findings: Findings): Json {
  switch (schema.kind) {
    case 'any':
      return value;
    case 'scalar':
      if (typeof value !== schema.type) wrongType(value, schema.type, path, kind, findings);
      return value;
    case 'intOrString':
      return value;
    case 'microTime':
      return decodeMicroTime(value, findings);
    case 'quantity':
      return decodeQuantity(value, findings);
    case 'list':
      if (Array.isArray(value))
        return value.map((item, index) => decodeValue(schema.of, item, `${path}[${index}]`, kind, findings));
      wrongType(value, 'list', path, kind, findings);
      return value;
    case 'map':
    case 'object':
      if (isObject(value)) return decodeFields(schema, value, path, kind, findings);
      wrongType(value, 'map', path, kind, findings);
      return value;
  }
}

function decodeFields(
  schema: Extract<Schema, { kind: 'map' | 'object' }>,
  value: JsonObject,
  path: string,
  kind: string,
  findings: Findings,
): JsonObject {
  const kept: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const field = path === '' ? key : `${path}.${key}`;
    const known = fieldOf(schema, key);
    if (known === undefined) findings.unknown.push(field);
    else if (inner !== null && inner !== undefined)
      kept[key] = decodeValue(known, inner, field, kind, findings);
  }
  return kept;
}

function fieldOf(schema: Extract<Schema, { kind: 'map' | 'object' }>, key: string): Schema | undefined {
  if (schema.kind === 'map') return schema.of;
  return schema.fields[key] ?? (schema.open === true ? { kind: 'any' } : undefined);
}

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})(?:Z|[+-]\d\d:\d\d)$/;

/** In UTC. Go's parser wants as many digits as its layout has: what JavaScript writes, with three, is an error. */
function decodeMicroTime(value: Json, findings: Findings): Json {
  const digits = typeof value === 'string' ? MICRO_TIME.exec(value)?.[1] : undefined;
  if (typeof value === 'string' && digits !== undefined)
    return `${new Date(value).toISOString().slice(0, 19)}${digits}Z`;
  const text = String(value);
  findings.fatal ??= `parsing time "${text}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "${text.slice(19)}" as ".000000"`;
  return value;
}

function decodeQuantity(value: Json, findings: Findings): Json {
  const text = typeof value === 'number' ? String(value) : value;
  const canonical = typeof text === 'string' ? canonicalQuantity(text) : undefined;
  if (canonical === undefined) findings.fatal ??= BAD_QUANTITY;
  return canonical ?? value;
}

function wrongType(value: Json, wanted: string, path: string, kind: string, findings: Findings): void {
  const goType =
    { string: 'string', number: 'int32', boolean: 'bool', list: '[]', map: 'map' }[wanted] ?? wanted;
  findings.fatal ??= `json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ${kind}.${path} of type ${goType}`;
}

function jsonTypeOf(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/**
 * What makes a configuration impossible to apply: fields that the schema does not know, values of another type and keys that are given
 * twice, worded as structured-merge-diff words them.
 */
export function typeErrors(schema: Schema, value: Json, steps: readonly Step[] = []): string[] {
  const problem = (text: string): string[] => [`${wordedPath(joined(steps))}: ${text}`];
  switch (schema.kind) {
    case 'scalar':
      return isScalar(schema.type, value)
        ? []
        : problem(`expected ${SCALARS[schema.type]}, got ${wordedValue(value)}`);
    case 'object':
    case 'map':
      return isObject(value)
        ? fieldErrors(schema, value, steps)
        : problem(`expected map, got ${wordedValue(value)}`);
    case 'list':
      if (!Array.isArray(value)) return problem(`expected list, got ${wordedValue(value)}`);
      return itemErrors(schema, value, steps);
    default:
      return [];
  }
}

const SCALARS = { string: 'string', number: 'numeric (int or float)', boolean: 'boolean' } as const;

const isScalar = (type: string, value: Json): boolean => value === null || typeof value === type;

function fieldErrors(
  schema: Extract<Schema, { kind: 'map' | 'object' }>,
  value: JsonObject,
  steps: readonly Step[],
): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = fieldOf(schema, key);
    const path = [...steps, `f:${key}`];
    if (known === undefined) return [`${wordedPath(joined(path))}: field not declared in schema`];
    return inner === undefined || inner === null ? [] : typeErrors(known, inner, path);
  });
}

function itemErrors(schema: ListSchema, value: readonly Json[], steps: readonly Step[]): string[] {
  if (schema.list === 'atomic')
    return value.flatMap((item, index) => typeErrors(schema.of, item, [...steps, `i:${index}`]));
  const seen = new Set<Step>();
  return value.flatMap((item) => {
    const step = stepOfItem(schema, item);
    if (seen.has(step))
      return [`${wordedPath(joined(steps))}: duplicate entries for key ${wordedPath(step)}`];
    seen.add(step);
    return typeErrors(schema.of, item, [...steps, step]);
  });
}

const wordedValue = (value: Json): string =>
  Array.isArray(value)
    ? 'list'
    : isObject(value)
      ? 'map'
      : typeof value === 'string'
        ? 'string'
        : `&value.valueUnstructured{Value:${value}}`;
