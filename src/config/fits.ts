import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

const validators = new WeakMap<TSchema, Validator>();

/** Whether a value is what the schema says. Checks are compiled once: a large file has a million values. */
export function fits(schema: TSchema, value: unknown): boolean {
  const known = validators.get(schema);
  if (known !== undefined) return known.Check(value);
  const validator = Compile(schema);
  validators.set(schema, validator);
  return validator.Check(value);
}
