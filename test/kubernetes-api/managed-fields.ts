import { conflictError, conflictsWith } from './apply-conflicts.ts';
import { difference, type FieldSet, fieldSetOf, stepsOf, withoutFields, withParents } from './field-sets.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { type Entry, entriesOf, isSameWriter, type Writer, written } from './managers.ts';
import { merge } from './merge.ts';
import type { Schema } from './schema.ts';

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

/** An object that nobody manages is taken to be managed by all who came before. */
function entriesBeforeApply(schema: Schema, live: JsonObject, writer: Writer): Entry[] {
  const entries = entriesOf(live);
  if (entries.length > 0 || Object.keys(live).length === 0) return entries;
  const fields = owned(fieldSetOf(schema, withoutManaged(live)));
  return [{ ...writer, manager: 'before-first-apply', operation: 'Update', subresource: '', fields }];
}

const owned = (paths: FieldSet): Set<string> => ownedBy(paths, []);

/** Without what nobody owns, and without branches that this endpoint does not write (`f:status`). */
function ownedBy(paths: FieldSet, ignored: readonly string[]): Set<string> {
  return new Set(
    [...paths].filter((path) => !UNOWNED.includes(path) && !ignored.includes(stepsOf(path)[0] ?? '')),
  );
}

const minus = (paths: FieldSet, gone: FieldSet): Set<string> =>
  new Set([...paths].filter((path) => !gone.has(path)));

function withoutManaged(object: JsonObject): JsonObject {
  const { metadata, ...rest } = object;
  if (!isObject(metadata)) return object;
  const { managedFields: _, ...others } = metadata;
  return { ...rest, metadata: others };
}

const asObject = (value: Json): JsonObject => (isObject(value) ? value : {});
