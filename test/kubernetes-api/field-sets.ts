import { isObject, type Json, type JsonObject, sameJson } from './json.ts';
import { fieldOf, isAtomic, type ListSchema, type Schema } from './schema.ts';

/** One step of a field path as FieldsV1 writes it: `f:name`, `k:{"name":"app"}`, `v:"value"`. */
export type Step = string;

/** A set of paths; a path is its steps, joined. */
export type FieldSet = ReadonlySet<string>;

const JOINT = '\u0000';

export const joined = (steps: readonly Step[]): string => steps.join(JOINT);
export const stepsOf = (path: string): Step[] => path.split(JOINT);

export interface Item {
  readonly step: Step;
  readonly schema: Schema;
  readonly value: Json;
}

/** The parts of a value that have owners of their own, or undefined where the value is owned as one. */
export function partsOf(schema: Schema, value: Json | undefined): Item[] | undefined {
  if (isObject(value)) return isAtomic(schema) ? undefined : fieldsOf(schema, value);
  if (Array.isArray(value) && schema.kind === 'list' && schema.list !== 'atomic')
    return value.map((item) => ({ step: stepOfItem(schema, item), schema: schema.of, value: item }));
  return undefined;
}

/** Every field that the object states. */
export function fieldSetOf(schema: Schema, value: JsonObject): Set<string> {
  const paths = new Set<string>();
  collect(schema, value, [], paths);
  return paths;
}

function collect(schema: Schema, value: Json, steps: readonly Step[], into: Set<string>): void {
  const parts = partsOf(schema, value);
  if (parts === undefined || (parts.length === 0 && steps.length > 0)) into.add(joined(steps));
  for (const part of parts ?? []) {
    const inner = [...steps, part.step];
    if (!part.step.startsWith('f:')) into.add(joined(inner));
    if (part.step.startsWith('v:')) continue;
    collect(part.schema, part.value, inner, into);
  }
}

export interface Difference {
  /** Fields that are new or have another value. */
  readonly changed: Set<string>;
  readonly removed: Set<string>;
}

/** What differs between two objects of one type. */
export function difference(schema: Schema, before: JsonObject, after: JsonObject): Difference {
  const found: Difference = { changed: new Set(), removed: new Set() };
  compare(schema, before, after, [], found);
  return found;
}

function compare(
  schema: Schema,
  before: Json | undefined,
  after: Json | undefined,
  steps: readonly Step[],
  found: Difference,
): void {
  const old = partsOf(schema, before);
  const now = partsOf(schema, after);
  if (now === undefined || (before !== undefined && old === undefined)) {
    compareWhole(schema, before, after, steps, found);
    return;
  }
  if (before === undefined && steps.length > 0) found.changed.add(joined(steps));
  const was = new Map((old ?? []).map((part) => [part.step, part]));
  for (const part of now) {
    compare(part.schema, was.get(part.step)?.value, part.value, [...steps, part.step], found);
    was.delete(part.step);
  }
  for (const gone of was.values()) removeAll(gone.schema, gone.value, [...steps, gone.step], found);
}

function compareWhole(
  schema: Schema,
  before: Json | undefined,
  after: Json | undefined,
  steps: readonly Step[],
  found: Difference,
): void {
  if (after === undefined) {
    if (before !== undefined) removeAll(schema, before, steps, found);
    return;
  }
  if (!sameJson(before, after)) found.changed.add(joined(steps));
}

function removeAll(schema: Schema, value: Json, steps: readonly Step[], found: Difference): void {
  found.removed.add(joined(steps));
  for (const part of partsOf(schema, value) ?? [])
    removeAll(part.schema, part.value, [...steps, part.step], found);
}

/** The set with every path that leads to one of its members. */
export function withParents(paths: FieldSet): Set<string> {
  const all = new Set(paths);
  for (const path of paths) {
    const steps = stepsOf(path);
    for (let length = 1; length < steps.length; length += 1) all.add(joined(steps.slice(0, length)));
  }
  return all;
}

/** The object without the fields, list items and whole branches that the set names. */
export function withoutFields(schema: Schema, value: JsonObject, paths: FieldSet): JsonObject {
  const kept = strip(schema, value, [], paths);
  return isObject(kept) ? kept : {};
}

function strip(schema: Schema, value: Json, steps: readonly Step[], paths: FieldSet): Json {
  const parts = partsOf(schema, value);
  if (parts === undefined) return value;
  const left = parts
    .filter((part) => !paths.has(joined([...steps, part.step])))
    .map((part) => ({ ...part, value: strip(part.schema, part.value, [...steps, part.step], paths) }));
  if (Array.isArray(value)) return left.map((part) => part.value);
  return Object.fromEntries(left.map((part) => [part.step.slice(2), part.value]));
}

/** FieldsV1 of `metadata.managedFields`: steps as nested keys, `.` for an owned thing with owned things inside. */
export function toFieldsV1(paths: FieldSet): JsonObject {
  const root: JsonObject = {};
  for (const path of [...paths].sort()) {
    let node = root;
    for (const step of stepsOf(path)) {
      const next = node[step];
      const inner: JsonObject = isObject(next) ? next : {};
      node[step] = inner;
      node = inner;
    }
    node['.'] = {};
  }
  return withoutLoneDots(root);
}

export function fromFieldsV1(fields: JsonObject): Set<string> {
  const paths = new Set<string>();
  readFields(fields, [], paths);
  return paths;
}

function readFields(node: JsonObject, steps: readonly Step[], into: Set<string>): void {
  const keys = Object.keys(node);
  if (steps.length > 0 && (keys.length === 0 || keys.includes('.'))) into.add(joined(steps));
  for (const key of keys) {
    const inner = node[key];
    if (key !== '.' && isObject(inner)) readFields(inner, [...steps, key], into);
  }
}

function withoutLoneDots(node: JsonObject): JsonObject {
  const keys = Object.keys(node);
  if (keys.length === 1 && keys[0] === '.') return {};
  return Object.fromEntries(
    Object.entries(node).map(([key, inner]) => [key, isObject(inner) ? withoutLoneDots(inner) : inner]),
  );
}

/** The path as conflicts word it: `.spec.template.spec.containers[name="app"].image`. */
export function wordedPath(path: string): string {
  return stepsOf(path).map(wordedStep).join('');
}

function wordedStep(step: Step): string {
  if (step.startsWith('f:')) return `.${step.slice(2)}`;
  if (step.startsWith('i:')) return `[${step.slice(2)}]`;
  if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
  const keys: unknown = JSON.parse(step.slice(2));
  const worded = Object.entries(isObject(keys) ? keys : {}).map(
    ([key, value]) => `${key}=${JSON.stringify(value)}`,
  );
  return `[${worded.join(',')}]`;
}

export function stepOfItem(schema: ListSchema, item: Json): Step {
  if (schema.list === 'set') return `v:${JSON.stringify(item)}`;
  const keys = [...schema.keys].sort().map((key) => {
    const value = isObject(item) ? item[key] : undefined;
    return [key, value ?? schema.keyDefaults[key]];
  });
  return `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

function fieldsOf(schema: Schema, value: JsonObject): Item[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : [{ step: `f:${key}`, schema: fieldOf(schema, key), value: inner }],
  );
}
