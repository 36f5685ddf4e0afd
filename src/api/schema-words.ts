/** What a schema allows, in words. */
import { isObject, objectAt } from './json-values.ts';

/** A schema of strings says it in its description. */
export function describeSchema(schema: unknown): string {
  if (!isObject(schema)) return 'another value';
  const { type, anyOf, description, const: constant } = schema;
  if (Array.isArray(anyOf)) return anyOf.map(describeSchema).join(' or ');
  if (constant !== undefined) return JSON.stringify(constant);
  if (type === 'integer') return `a whole number${range(schema)}`;
  if (type === 'number') return `a finite number${unitOf(schema)}${range(schema)}`;
  if (type === 'string') return typeof description === 'string' ? description : 'a string';
  if (type === 'boolean') return 'true or false';
  if (type === 'object') return `an object${sizes(schema)}`;
  return type === 'null' ? 'null' : `a value of type ${String(type)}`;
}

function unitOf({ unit }: Readonly<Record<string, unknown>>): string {
  return typeof unit === 'string' ? ` of ${unit}` : '';
}

function range(schema: Readonly<Record<string, unknown>>): string {
  const bounds: string[] = [];
  if (schema['minimum'] !== undefined) bounds.push(`of at least ${String(schema['minimum'])}`);
  if (schema['exclusiveMinimum'] !== undefined) bounds.push(`above ${String(schema['exclusiveMinimum'])}`);
  if (schema['maximum'] !== undefined) bounds.push(`at most ${String(schema['maximum'])}`);
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
}

function sizes(schema: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(objectAt(schema, 'properties'));
  if (keys.length > 0) return ` with ${keys.join(', ')}`;
  return schema['maxProperties'] === undefined ? '' : ` with at most ${String(schema['maxProperties'])} keys`;
}
