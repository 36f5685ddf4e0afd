/** Reading values of unknown shape. */

export function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What stands at a JSON pointer (RFC 6901); own keys only. */
export function at(root: unknown, pointer: string): unknown {
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    value =
      isObject(value) && Object.hasOwn(value, unescapePointer(part))
        ? value[unescapePointer(part)]
        : undefined;
  }
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function objectAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

export function keysOf(params: object, name: string): readonly string[] {
  return Object.values(objectAt(params, name)).map(String);
}

/** A text without the mark that some editors and libraries put before UTF-8; JSON itself does not know it. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
