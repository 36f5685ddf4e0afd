/** How a value and its place read in a message. */

const LONGEST_TEXT = 60;

/** `the number 3`, `the text "abc"`, `a list of 2`; short whatever the value is. */
export function describeFound(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  return String(value);
}

/** The same of a value that may be a secret: its kind alone. */
export function describeSecret(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? 'a value that is not shown here'
    : describeFound(value);
}

export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
}

/** `services` and `auth-service` → `services.auth-service`; a key that is no plain word is quoted in brackets. */
export function joinKey(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
