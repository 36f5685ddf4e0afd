import { stepOfItem } from './field-sets.ts';
import { clone, isObject, type Json, type JsonObject } from './json.ts';
import { fieldOf, isAtomic, type ListSchema, type Schema } from './schema.ts';

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

function mergeItems(schema: ListSchema, live: Json[], config: Json[]): Json[] {
  const items = new Map(live.map((item) => [stepOfItem(schema, item), item]));
  for (const item of config) {
    const step = stepOfItem(schema, item);
    items.set(step, merge(schema.of, items.get(step), item));
  }
  return [...items.values()];
}
