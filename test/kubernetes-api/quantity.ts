/**
 * Quantities of the API (apimachinery `resource.Quantity`): a decimal number with a decimal exponent, a decimal suffix or a binary suffix.
 * A value is held in billionths, the smallest step that the API knows: what is finer is rounded up.
 */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: 'binary' | 'decimal' | 'exponent';
}

const PATTERN = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)|[eE]([+-]?\d+))?$/;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: ReadonlyArray<readonly [string, number]> = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];

export const BAD_QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The parsed quantity, or undefined for what is none. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = '', suffix = '', exponent] = match;
  const binary = BINARY.indexOf(suffix);
  const power =
    exponent === undefined ? (DECIMAL.find(([name]) => name === suffix)?.[1] ?? 0) : Number(exponent);
  const scale = binary > 0 ? 1024n ** BigInt(binary) : 1n;
  const nanos = scaled(digits, power, scale);
  return {
    nanos: sign === '-' ? -nanos : nanos,
    format: binary > 0 ? 'binary' : exponent === undefined ? 'decimal' : 'exponent',
  };
}

/** The shortest exact form: the largest suffix with a whole number in front. */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text);
  return quantity === undefined ? undefined : writeQuantity(quantity);
}

export function writeQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  if (format === 'binary' && abs(nanos) >= 1024n * 10n ** 9n && nanos % 10n ** 9n === 0n)
    return binaryForm(nanos / 10n ** 9n);
  const [suffix, power] = DECIMAL.find(([, step]) => nanos % 10n ** BigInt(step + 9) === 0n) ?? ['n', -9];
  const number = nanos / 10n ** BigInt(power + 9);
  if (format !== 'exponent') return `${number}${suffix}`;
  return power === 0 ? `${number}` : `${number}e${power}`;
}

/** Cores, bytes or whatever the unit is, as a number. */
export const quantityNumber = (text: string): number => Number(parseQuantity(text)?.nanos ?? 0n) / 1e9;

/** Rounded up to thousandths, as the API stores every amount of a resource. */
export function roundedToMilli(text: string): string {
  const quantity = parseQuantity(text);
  if (quantity === undefined) return text;
  return writeQuantity({ ...quantity, nanos: divideUp(quantity.nanos, 1_000_000n) * 1_000_000n });
}

function binaryForm(whole: bigint): string {
  let rest = whole;
  let step = 0;
  while (rest % 1024n === 0n && step < BINARY.length - 1) {
    rest /= 1024n;
    step += 1;
  }
  return `${rest}${BINARY[step]}`;
}

function scaled(digits: string, power: number, scale: bigint): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const value = BigInt(`${whole}${fraction}` || '0') * scale;
  const shift = power + 9 - fraction.length;
  return shift >= 0 ? value * 10n ** BigInt(shift) : divideUp(value, 10n ** BigInt(-shift));
}

function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by > 0n ? quotient + 1n : quotient;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
