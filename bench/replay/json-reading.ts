/** Reading of answers whose shape is not known: what is missing or of another type says where. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown, where: string): JsonObject {
  if (isObject(value)) return value;
  throw new Error(`${where}: no object`);
}

export function objectsIn(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  if (!Array.isArray(value)) throw new Error(`${key}: no array`);
  return value.map((item) => objectOf(item, key));
}

export function numberIn(object: JsonObject, key: string): number {
  const value = object[key];
  if (typeof value === 'number') return value;
  throw new Error(`${key}: no number`);
}

export function optionalNumberIn(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

export function textIn(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
