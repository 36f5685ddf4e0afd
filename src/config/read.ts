/** Reads a parsed document by the schema: writes shorthands out, fills defaults in, and collects every problem. */
import { type TArray, type TObject, type TRecord, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { ConfigProblem } from '../models/errors.ts';
import { allowedBy, annotationsOf } from './annotations.ts';
import { describeFound, describeSecret, joinKey, quote } from './describe-value.ts';
import { parseDuration } from './duration.ts';
import { fits } from './fits.ts';
import { hint } from './hint.ts';
import { type ConfigFile, ConfigFileSchema } from './schema.ts';

/** A document as far as it could be read: what does not fit the schema is left out, names are kept, a list is whole. */
export type Readable<T> = T extends readonly (infer Item)[]
  ? readonly Readable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Readable<T[Key]> }
    : T;

export interface Reading {
  readonly readable: Readable<ConfigFile>;
  /** The whole of it when there is no problem. */
  readonly complete: ConfigFile | undefined;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Most values that are read. Aliases let a file of a kilobyte stand for billions of values; a configuration of
 * 10,000 services does not have a million.
 */
const MOST_VALUES = 1_000_000;

/** Most problems that are told: whoever made more made the same one many times. */
const MOST_PROBLEMS = 1000;

const configFile = Compile(ConfigFileSchema);

type Mapping = Record<string, unknown>;

interface Context {
  readonly source: string;
  readonly problems: ConfigProblem[];
  values: number;
}

/** `source` is the file that the problems name. */
export function readDocument(document: unknown, source: string): Reading {
  const context: Context = { source, problems: [], values: 0 };
  const readable = readObject(ConfigFileSchema, document, '', context) ?? {};
  if (context.values > MOST_VALUES) {
    report(context, '', `more than ${MOST_VALUES} values`, 'fewer; aliases may stand for too much');
  }
  const { problems } = context;
  return {
    readable,
    complete: problems.length === 0 && configFile.Check(readable) ? readable : undefined,
    problems,
  };
}

/** The value in full, or undefined when it cannot be read; then a problem has been noted. */
function read(schema: TSchema, raw: unknown, path: string, context: Context): unknown {
  context.values += 1;
  if (context.values > MOST_VALUES) return undefined;
  if (Type.IsObject(schema)) return readObject(schema, raw, path, context);
  if (Type.IsRecord(schema)) return readRecord(schema, raw, path, context);
  if (Type.IsArray(schema)) return readArray(schema, raw, path, context);
  return readLeaf(schema, raw, path, context);
}

function readObject(schema: TObject, raw: unknown, path: string, context: Context): Mapping | undefined {
  const { shorthand } = annotationsOf(schema);
  if (shorthand !== undefined && !isMapping(raw)) return readShorthand(schema, shorthand, raw, path, context);
  const mapping = asMapping(schema, raw, path, context);
  if (mapping === undefined) return undefined;
  const known = Object.keys(schema.properties);
  for (const key of Object.keys(mapping)) {
    if (!known.includes(key)) reportUnknownKey(key, known, path, context);
  }
  const result: Mapping = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    const value = readProperty(property, mapping, key, path, context);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

function readProperty(
  schema: TSchema,
  mapping: Mapping,
  key: string,
  path: string,
  context: Context,
): unknown {
  if (Object.hasOwn(mapping, key)) return read(schema, mapping[key], joinKey(path, key), context);
  const fallback = annotationsOf(schema).default;
  if (fallback !== undefined) return read(schema, fallback, joinKey(path, key), context);
  if (!Type.IsOptional(schema)) report(context, joinKey(path, key), 'nothing', allowedBy(schema));
  return undefined;
}

/** `0.2` for `{latency: 0.2}`; a problem with it is named at the short form's own path. */
function readShorthand(
  schema: TObject,
  key: string,
  raw: unknown,
  path: string,
  context: Context,
): Mapping | undefined {
  const property = schema.properties[key];
  if (property === undefined || !isLeafFit(property, raw)) {
    const short = property === undefined ? '' : `${allowedBy(property)}, or `;
    report(context, path, describeFound(raw), short + allowedBy(schema));
    return {};
  }
  return readObject(schema, { [key]: raw }, path, context);
}

function readRecord(schema: TRecord, raw: unknown, path: string, context: Context): Mapping | undefined {
  const mapping = asMapping(schema, raw, path, context);
  if (mapping === undefined) return undefined;
  const names = annotationsOf(schema).propertyNames;
  const result: Mapping = {};
  for (const [name, value] of Object.entries(mapping)) {
    if (names !== undefined && !fits(names, name)) {
      report(context, path, `the name ${quote(name)}`, allowedBy(names));
      // It stays known as a name, so that what refers to it is not told as a second mistake.
      Object.defineProperty(result, name, { value: undefined, enumerable: true });
    } else {
      result[name] = read(Type.RecordValue(schema), value, joinKey(path, name), context) ?? {};
    }
  }
  return result;
}

function readArray(schema: TArray, raw: unknown, path: string, context: Context) {
  const { single, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = annotationsOf(schema);
  const list: unknown = single === true && !Array.isArray(raw) ? [raw] : raw;
  if (!Array.isArray(list) || list.length < minItems || list.length > maxItems) {
    return report(context, path, describeFound(list), allowedBy(schema));
  }
  // What only is written out is no further value of the file.
  if (list !== raw) context.values -= 1;
  const items = list.map((item: unknown, index) =>
    read(schema.items, item, list === raw ? `${path}[${index}]` : path, context),
  );
  return items.includes(undefined) ? undefined : items;
}

function readLeaf(schema: TSchema, raw: unknown, path: string, context: Context): unknown {
  const value = withoutUnit(schema, raw);
  if (fits(schema, value)) return value;
  const forms =
    isTime(schema) && typeof raw === 'string' ? ', or with a unit such as 300s, 5m, 12h, 30d' : '';
  const found = annotationsOf(schema).secret === true ? describeSecret(raw) : describeFound(raw);
  return report(context, path, found, allowedBy(schema) + forms);
}

function isLeafFit(schema: TSchema, raw: unknown): boolean {
  return fits(schema, withoutUnit(schema, raw));
}

function withoutUnit(schema: TSchema, raw: unknown): unknown {
  return isTime(schema) && typeof raw === 'string' ? (parseDuration(raw) ?? raw) : raw;
}

function isTime(schema: TSchema): boolean {
  return annotationsOf(schema).unit === 's';
}

function asMapping(schema: TSchema, raw: unknown, path: string, context: Context) {
  if (isMapping(raw)) return raw;
  if (raw === null && annotationsOf(schema).default !== undefined) return {};
  return report(context, path, describeFound(raw), allowedBy(schema));
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reportUnknownKey(key: string, known: readonly string[], path: string, context: Context): void {
  report(context, joinKey(path, key), 'an unknown key', known.join(', ') + hint(key, known));
}

function report(context: Context, path: string, found: string, allowed: string): undefined {
  if (context.problems.length < MOST_PROBLEMS) {
    context.problems.push({ source: context.source, path, found, allowed });
  }
  return undefined;
}
