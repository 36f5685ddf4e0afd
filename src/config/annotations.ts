/** What a schema says of a value beyond its type, and how that reads in a message and in the documents. */
import { type TSchema, Type } from 'typebox';

export interface Annotations {
  readonly description?: string;
  /** Used when the key is absent. */
  readonly default?: unknown;
  /** In words, when the default follows from other keys; `build.ts` works it out. */
  readonly derived?: string;
  /** Unit of the value. A time in `s` may also be written as text with a unit, such as `30d`. */
  readonly unit?: string;
  /** Replaces the generated words for what is allowed. */
  readonly allowed?: string;
  /** A value that is no mapping stands for a mapping with this one key. */
  readonly shorthand?: string;
  /** A value that is no list stands for a list of it alone. */
  readonly single?: boolean;
  /** Never shown, not even in the message that refuses it. */
  readonly secret?: boolean;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly propertyNames?: TSchema;
}

export function annotationsOf(schema: TSchema): Annotations {
  return schema;
}

/** What a key takes, in words: `a whole number from 1 to 65535`, `a number of seconds above 0`. */
export function allowedBy(schema: TSchema): string {
  const notes = annotationsOf(schema);
  if (notes.allowed !== undefined) return notes.allowed;
  if (notes.enum !== undefined) return `one of ${notes.enum.join(', ')}`;
  if (Type.IsBoolean(schema)) return 'true or false';
  if (Type.IsInteger(schema)) return `a whole number${unitWords(notes.unit)}${rangeWords(notes)}`;
  if (Type.IsNumber(schema)) return `a number${unitWords(notes.unit)}${rangeWords(notes)}`;
  if (Type.IsArray(schema)) return `a list${sizeWords(notes)}, each item ${allowedBy(schema.items)}`;
  if (Type.IsObject(schema)) return `a mapping with the keys ${Object.keys(schema.properties).join(', ')}`;
  if (Type.IsRecord(schema)) return 'a mapping by name';
  return 'text';
}

function unitWords(unit: string | undefined): string {
  if (unit === undefined) return '';
  return unit === 's' ? ' of seconds' : ` of ${unit}`;
}

function rangeWords(notes: Annotations): string {
  const low = notes.minimum ?? notes.exclusiveMinimum;
  const high = notes.maximum ?? notes.exclusiveMaximum;
  const above = notes.exclusiveMinimum === undefined ? 'from' : 'above';
  const below = notes.exclusiveMaximum === undefined ? 'to' : 'and below';
  if (low !== undefined && high !== undefined) {
    return above === 'above' && below === 'to'
      ? ` above ${low}, at most ${high}`
      : ` ${above} ${low} ${below} ${high}`;
  }
  if (low !== undefined) return above === 'from' ? ` of at least ${low}` : ` above ${low}`;
  return high === undefined ? '' : ` of at most ${high}`;
}

function sizeWords({ minItems, maxItems }: Annotations): string {
  if (maxItems !== undefined) return ` of ${minItems ?? 0} to ${maxItems}`;
  return minItems === undefined ? '' : ` of at least ${minItems}`;
}
