/**
 * What the server knows of the shape of an object: which fields there are, which lists are merged and by which keys,
 * and where quantities stand. One description serves decoding, server-side apply and the strategic merge patch.
 */
export type Schema =
  | { readonly kind: 'scalar'; readonly type: 'string' | 'number' | 'boolean' }
  | { readonly kind: 'quantity' }
  | { readonly kind: 'intOrString' }
  /** A time with six digits after the second, no more and no less. */
  | { readonly kind: 'microTime' }
  | {
      readonly kind: 'object';
      readonly fields: Readonly<Record<string, Schema>>;
      readonly atomic: boolean;
      /** Fields beyond the named ones are kept as they are. */
      readonly open?: true;
    }
  | { readonly kind: 'map'; readonly of: Schema; readonly atomic: boolean }
  | ListSchema
  /** Free JSON: maps are merged field by field, lists are whole. */
  | { readonly kind: 'any' };

export interface ListSchema {
  readonly kind: 'list';
  readonly of: Schema;
  /** Server-side apply: keyed items, a set of scalars, or one value. */
  readonly list: 'map' | 'set' | 'atomic';
  readonly keys: readonly string[];
  /** Strategic merge patch: the one key by which items are merged, or undefined where the list is replaced. */
  readonly mergeKey?: string;
  /** Values that a key has when it is left out: the port's protocol. */
  readonly keyDefaults: Readonly<Record<string, string>>;
}

export const string: Schema = { kind: 'scalar', type: 'string' };
export const number: Schema = { kind: 'scalar', type: 'number' };
export const boolean: Schema = { kind: 'scalar', type: 'boolean' };
export const quantity: Schema = { kind: 'quantity' };
export const microTime: Schema = { kind: 'microTime' };
export const intOrString: Schema = { kind: 'intOrString' };
export const any: Schema = { kind: 'any' };

export const object = (fields: Readonly<Record<string, Schema>>): Schema => ({
  kind: 'object',
  fields,
  atomic: false,
});

/** An object of which only some fields are described. */
export const openObject = (fields: Readonly<Record<string, Schema>>): Schema => ({
  kind: 'object',
  fields,
  atomic: false,
  open: true,
});

export const atomicObject = (fields: Readonly<Record<string, Schema>>): Schema => ({
  kind: 'object',
  fields,
  atomic: true,
});

export const map = (of: Schema): Schema => ({ kind: 'map', of, atomic: false });
export const atomicMap = (of: Schema): Schema => ({ kind: 'map', of, atomic: true });

export const list = (of: Schema): Schema => ({
  kind: 'list',
  of,
  list: 'atomic',
  keys: [],
  keyDefaults: {},
});

/** A list merged by one key in both kinds of patch. */
export const keyed = (key: string, of: Schema): Schema => ({
  kind: 'list',
  of,
  list: 'map',
  keys: [key],
  mergeKey: key,
  keyDefaults: {},
});

/** A list that server-side apply merges by several keys, and the strategic merge patch by the first of them. */
export const keyedBy = (
  keys: readonly string[],
  of: Schema,
  keyDefaults: Readonly<Record<string, string>> = {},
): Schema => ({ kind: 'list', of, list: 'map', keys, mergeKey: keys[0] ?? '', keyDefaults });

export const set = (of: Schema): Schema => ({
  kind: 'list',
  of,
  list: 'set',
  keys: [],
  mergeKey: '',
  keyDefaults: {},
});

/** Whether a map or object has one owner as a whole. */
export const isAtomic = (schema: Schema): boolean =>
  (schema.kind === 'object' || schema.kind === 'map') && schema.atomic;

/** The schema of a field: free JSON where nothing is known of it. */
export function fieldOf(schema: Schema, key: string): Schema {
  if (schema.kind === 'object') return schema.fields[key] ?? any;
  return schema.kind === 'map' ? schema.of : any;
}
