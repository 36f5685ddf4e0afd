import { type FieldSet, fromFieldsV1, toFieldsV1 } from './field-sets.ts';
import { type JsonObject, objectAt, objectsAt, sameJson, stringAt } from './json.ts';

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

export interface Entry extends Writer {
  readonly fields: FieldSet;
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
    fields: fromFieldsV1(objectAt(entry, 'fieldsV1')),
  }));
}

/** All entries with the writer's own fields, its time moved on only where its fields changed. */
export function written(
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

export const isSameWriter = (a: Writer, b: Writer): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/** Whether two states differ in nothing but version and times of managed fields: then nothing is written. */
export function sameButTimes(a: JsonObject, b: JsonObject): boolean {
  return sameJson(withoutTimes(a), withoutTimes(b));
}

function withoutTimes(object: JsonObject): JsonObject {
  const { metadata: ___, ...rest } = object;
  const { resourceVersion: _, managedFields: __, ...others } = objectAt(object, 'metadata');
  const entries = entriesOf(object).map((entry) => toJson({ ...entry, time: '' }));
  return { ...rest, metadata: { ...others, managedFields: entries } };
}

const sameSet = (a: FieldSet, b: FieldSet): boolean =>
  a.size === b.size && [...a].every((path) => b.has(path));
