/** Looks into answers of the API, which may be anything: what is not there, or of another type, is undefined. */

type Key = string | number;

export function at(value: unknown, ...path: readonly Key[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

export function textAt(value: unknown, ...path: readonly Key[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly Key[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly Key[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function entriesAt(value: unknown, ...path: readonly Key[]): readonly (readonly [string, unknown])[] {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
}

/** The entries of a mapping whose values are text: labels, annotations. */
export function textsAt(value: unknown, ...path: readonly Key[]): ReadonlyMap<string, string> {
  return new Map(
    entriesAt(value, ...path).flatMap(([key, text]): [string, string][] =>
      typeof text === 'string' ? [[key, text]] : [],
    ),
  );
}

/** Unix seconds of a time as the API writes them. */
export function secondsAt(value: unknown, ...path: readonly Key[]): number | undefined {
  const milliseconds = Date.parse(textAt(value, ...path) ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
