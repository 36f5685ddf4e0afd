/** What is wrong with a value: where it stands, what was found and what is allowed. */

export interface Fault {
  /** Path of the value, such as `service_id` or `body.loads.checkout`. */
  readonly where: string;
  readonly found: string;
  readonly allowed: string;
}

/** What is found where a key stands that is not allowed there. */
export const UNKNOWN_KEY = 'an unknown key';

const LONGEST_SHOWN = 80;
const MOST_NAMES = 20;
/** Comparing names costs their product; longer ones are no slip of the finger. */
const LONGEST_COMPARED = 64;
const MOST_COMPARED = 500;

export function sentenceOf(fault: Fault): string {
  return `${fault.where}: found ${fault.found}, allowed: ${fault.allowed}`;
}

/** A value as it is shown to people: JSON (so control characters are escaped), cut to a bounded length. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const cut = typeof value === 'string' ? value.slice(0, LONGEST_SHOWN) : value;
  const tail =
    typeof value === 'string' && value.length > LONGEST_SHOWN ? `… (${value.length} characters)` : '';
  return JSON.stringify(cut) + tail;
}

/** A key within a path: as `show`, without quotes. */
export function showKey(key: string): string {
  const cut = key.length > LONGEST_SHOWN ? `${key.slice(0, LONGEST_SHOWN)}…` : key;
  return JSON.stringify(cut).slice(1, -1);
}

/** Says which names are known, at most 20 of them, and the nearest one to what was found. */
export function oneOf(names: Iterable<string>, found?: unknown): string {
  const known = [...names];
  if (known.length === 0) return 'none, since none is configured';
  const listed = known.slice(0, MOST_NAMES).join(', ');
  const more = known.length > MOST_NAMES ? ` and ${known.length - MOST_NAMES} more` : '';
  const near = typeof found === 'string' ? nearest(known, found) : undefined;
  return `one of ${listed}${more}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
}

/** The name that differs least: in case and separators only, or by at most two letters. */
export function nearest(names: readonly string[], found: string): string | undefined {
  if (found.length > LONGEST_COMPARED) return undefined;
  const wanted = bare(found);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names.slice(0, MOST_COMPARED)) {
    if (Math.abs(name.length - found.length) > 4) continue;
    const distance = editDistance(bare(name), wanted);
    if (distance <= 2 && distance < wanted.length && (best === undefined || distance < best.distance)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_. ]/g, '');
}

/** Levenshtein distance by the two-row table (Wagner and Fischer 1974). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
