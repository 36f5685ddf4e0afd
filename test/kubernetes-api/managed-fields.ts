import {
  difference,
  type FieldSet,
  fieldSetOf,
  fromFieldsV1,
  stepOfItem,
  stepsOf,
  toFieldsV1,
  withoutFields,
  withParents,
  wordedPath,
} from './field-sets.ts';
import { clone, isObject, type Json, type JsonObject, objectsAt, sameJson, stringAt } from './json.ts';
import type { Schema } from './schema.ts';
import { ApiError, type Cause } from './status.ts';

/** Who writes, and how: entries of `managedFields` are told apart by these. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** `status` or `scale`; empty for the object itself. */
  readonly subresource: string;
  /** The time of the entry, should it change. */
  readonly time: string;
}

interface Entry extends Writer {
  readonly fields: FieldSet;
}

/** What nobody owns: the identity of the object and what the server alone writes. */
const UNOWNED = [
  'f:apiVersion',
  'f:kind',
  'f:metadata',
  'f:metadata\u0000f:name',
  'f:metadata\u0000f:namespace',
  'f:metadata\u0000f:creationTimestamp',
  'f:metadata\u0000f:selfLink',
  'f:metadata\u0000f:uid',
  'f:metadata\u0000f:clusterName',
  'f:metadata\u0000f:generation',
  'f:metadata\u0000f:managedFields',
  'f:metadata\u0000f:resourceVersion',
];

/** The object after an update, patch or create that is no apply: what changed belongs to the writer, and to nobody else. */
export function ownUpdate(
  schema: Schema,
  before: JsonObject,
  after: JsonObject,
  writer: Writer,
): JsonObject[] {
  const { changed, removed } = difference(schema, withoutManaged(before), withoutManaged(after));
  const taken = owned(changed);
  const entries = entriesOf(after).map((entry) => ({
    ...entry,
    fields: isSameWriter(entry, writer)
      ? minus(entry.fields, removed)
      : minus(minus(entry.fields, taken), removed),
  }));
  const mine = entries.find((entry) => isSameWriter(entry, writer));
  return written(entriesOf(before), entries, writer, new Set([...(mine?.fields ?? []), ...taken]));
}

/** Only the entries are looked at: what an apply means for the object and for the other managers. */
export interface Applied {
  readonly object: JsonObject;
  readonly managedFields: JsonObject[];
}

/**
 * Server-side apply of a configuration onto the live object (the algorithm of structured-merge-diff's Updater.Apply): merge, drop what this
 * manager applied before and does no more and no other manager owns, then refuse what others own and would see changed.
 *
 * @throws ApiError 409 with a cause for every field in conflict
 */
export function apply(
  schema: Schema,
  live: JsonObject,
  config: JsonObject,
  writer: Writer,
  force: boolean,
  ignored: readonly string[],
): Applied {
  const entries = entriesBeforeApply(schema, live, writer);
  const last = entries.find((entry) => isSameWriter(entry, writer))?.fields ?? new Set<string>();
  const mine = ownedBy(fieldSetOf(schema, config), ignored);
  const others = entries.filter((entry) => !isSameWriter(entry, writer));
  const merged = merge(schema, withoutManaged(live), config);
  const kept = withParents(new Set([...mine, ...others.flatMap((entry) => [...entry.fields])]));
  const object = asObject(withoutFields(schema, asObject(merged), minus(withParents(last), kept)));
  const { changed, removed } = difference(schema, withoutManaged(live), object);
  const conflicts = others.flatMap((entry) => conflictsWith(entry, changed));
  if (conflicts.length > 0 && !force) throw conflictError(conflicts, writer);
  const left = others.map((entry) => ({
    ...entry,
    fields: minus(minus(entry.fields, changed), removed),
  }));
  return { object, managedFields: written(entriesOf(live), left, writer, mine) };
}

interface FieldConflict {
  readonly entry: Entry;
  readonly path: string;
}

const conflictsWith = (entry: Entry, changed: FieldSet): FieldConflict[] =>
  [...entry.fields].filter((path) => changed.has(path)).map((path) => ({ entry, path }));

function conflictError(conflicts: readonly FieldConflict[], writer: Writer): ApiError {
  const causes: Cause[] = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${wordedManager(entry, writer)}`,
    field: wordedPath(path),
  }));
  return new ApiError(409, 'Conflict', conflictMessage(conflicts, writer), { causes });
}

function conflictMessage(conflicts: readonly FieldConflict[], writer: Writer): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${wordedManager(first.entry, writer)}: ${wordedPath(first.path)}`;
  const managers = [...new Set(conflicts.map(({ entry }) => wordedManager(entry, writer)))].sort();
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...conflicts
      .filter(({ entry }) => wordedManager(entry, writer) === manager)
      .map(({ path }) => `- ${wordedPath(path)}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

/** Through /scale all managers are seen to use its version. */
function wordedManager(entry: Entry, writer: Writer): string {
  const name =
    entry.subresource === ''
      ? JSON.stringify(entry.manager)
      : `${JSON.stringify(entry.manager)} with subresource ${JSON.stringify(entry.subresource)}`;
  if (entry.operation === 'Apply') return name;
  return `${name} using ${writer.subresource === 'scale' ? 'autoscaling/v1' : entry.apiVersion}`;
}

/** The live object with the configuration laid over it. */
export function merge(schema: Schema, live: Json | undefined, config: Json): Json {
  if (isObject(live) && isObject(config) && !isAtomic(schema)) return mergeFields(schema, live, config);
  if (Array.isArray(live) && Array.isArray(config) && schema.kind === 'list' && schema.list !== 'atomic')
    return mergeItems(schema, live, config);
  return clone(config);
}

function mergeFields(schema: Schema, live: JsonObject, config: JsonObject): JsonObject {
  const merged = { ...live };
  for (const [key, value] of Object.entries(config))
    if (value !== undefined) merged[key] = merge(fieldOf(schema, key), live[key], value);
  return merged;
}

function mergeItems(schema: Extract<Schema, { kind: 'list' }>, live: Json[], config: Json[]): Json[] {
  const items = new Map(live.map((item) => [stepOfItem(schema, item), item]));
  for (const item of config) {
    const step = stepOfItem(schema, item);
    items.set(step, merge(schema.of, items.get(step), item));
  }
  return [...items.values()];
}

/** An object that nobody manages is taken to be managed by all who came before. */
function entriesBeforeApply(schema: Schema, live: JsonObject, writer: Writer): Entry[] {
  const entries = entriesOf(live);
  if (entries.length > 0 || Object.keys(live).length === 0) return entries;
  const fields = owned(fieldSetOf(schema, withoutManaged(live)));
  return [{ ...writer, manager: 'before-first-apply', operation: 'Update', subresource: '', fields }];
}

/** The entries of an object's `metadata.managedFields`. The one empty entry `[{}]` is how a client clears them all. */
export function entriesOf(object: JsonObject): Entry[] {
  const entries = objectsAt(object, 'metadata', 'managedFields').filter(
    (entry) => Object.keys(entry).length > 0,
  );
  return entries.map((entry) => ({
    manager: stringAt(entry, 'manager'),
    operation: stringAt(entry, 'operation') === 'Apply' ? 'Apply' : 'Update',
    apiVersion: stringAt(entry, 'apiVersion'),
    subresource: stringAt(entry, 'subresource'),
    time: stringAt(entry, 'time'),
    fields: fromFieldsV1(asObject(entry['fieldsV1'] ?? {})),
  }));
}

/** All entries with the writer's own fields, its time moved on only where its fields changed. */
function written(
  before: readonly Entry[],
  entries: readonly Entry[],
  writer: Writer,
  fields: FieldSet,
): JsonObject[] {
  const old = before.find((entry) => isSameWriter(entry, writer));
  const time = old !== undefined && sameSet(old.fields, fields) ? old.time : writer.time;
  const others = entries.filter((entry) => !isSameWriter(entry, writer));
  const all = [...others, { ...writer, time, fields }].filter((entry) => entry.fields.size > 0);
  return all.sort(byAge).map(toJson);
}

function toJson(entry: Entry): JsonObject {
  return {
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    time: entry.time,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(entry.fields),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  };
}

function byAge(a: Entry, b: Entry): number {
  const keys = (entry: Entry): string[] => [entry.operation, entry.time, entry.manager, entry.subresource];
  return keys(a).join('\u0000') < keys(b).join('\u0000') ? -1 : 1;
}

const isSameWriter = (a: Writer, b: Writer): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

const owned = (paths: FieldSet): Set<string> => ownedBy(paths, []);

/** Without what nobody owns, and without branches that this endpoint does not write (`f:status`). */
function ownedBy(paths: FieldSet, ignored: readonly string[]): Set<string> {
  return new Set(
    [...paths].filter((path) => !UNOWNED.includes(path) && !ignored.includes(stepsOf(path)[0] ?? '')),
  );
}

const minus = (paths: FieldSet, gone: FieldSet): Set<string> =>
  new Set([...paths].filter((path) => !gone.has(path)));

const sameSet = (a: FieldSet, b: FieldSet): boolean =>
  a.size === b.size && [...a].every((path) => b.has(path));

function withoutManaged(object: JsonObject): JsonObject {
  const { metadata, ...rest } = object;
  if (!isObject(metadata)) return object;
  const { managedFields: _, ...others } = metadata;
  return { ...rest, metadata: others };
}

/** Whether two states differ in nothing but version and times of managed fields: then nothing is written. */
export function sameButTimes(a: JsonObject, b: JsonObject): boolean {
  return sameJson(withoutTimes(a), withoutTimes(b));
}

function withoutTimes(object: JsonObject): JsonObject {
  const { metadata, ...rest } = object;
  const { resourceVersion: _, managedFields: __, ...others } = asObject(metadata ?? {});
  const entries = entriesOf(object).map((entry) => toJson({ ...entry, time: '' }));
  return { ...rest, metadata: { ...others, managedFields: entries } };
}

const isAtomic = (schema: Schema): boolean =>
  (schema.kind === 'object' || schema.kind === 'map') && schema.atomic;

function fieldOf(schema: Schema, key: string): Schema {
  if (schema.kind === 'object') return schema.fields[key] ?? { kind: 'any' };
  return schema.kind === 'map' ? schema.of : { kind: 'any' };
}

const asObject = (value: Json): JsonObject => (isObject(value) ? value : {});
