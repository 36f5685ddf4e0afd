/**
 * Kubernetes quantities, exactly: `1.5Gi`, `100m`, `1e3`, `.5`, `2k`. Grammar and canonical form:
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

const NANO = 1_000_000_000n;
const MEBIBYTE = 1_048_576n;

/** Powers of ten of the decimal suffixes. */
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** Powers of 1024 of the binary suffixes. */
const BINARY: Readonly<Record<string, bigint>> = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n };

/** Larger powers of ten stand in no cluster, smaller ones are below a billionth. */
const LARGEST_EXPONENT = 18;

const FORM = /^([+-]?)(\d{1,40})?(?:\.(\d{0,40}))?(n|u|m|k|[KMGTPE]i|[MGTPE]|[eE][+-]?\d{1,3})?$/;

/** Billionths of the unit (core, byte), rounded away from zero as the API does; undefined for what is no quantity. */
export function nanosOf(quantity: unknown): bigint | undefined {
  const match = FORM.exec(typeof quantity === 'number' ? String(quantity) : asText(quantity));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole + fraction === '') return undefined;
  const scale = scaleOf(suffix);
  if (scale === undefined) return undefined;
  const nanos = roundUp(BigInt(whole + fraction) * scale, 10n ** BigInt(fraction.length) * NANO);
  return sign === '-' ? -nanos : nanos;
}

/** Cores; undefined for what is no quantity. */
export function coresOf(quantity: unknown): number | undefined {
  const nanos = nanosOf(quantity);
  return nanos === undefined ? undefined : Number(nanos) / 1e9;
}

/** MiB of a quantity of bytes; undefined for what is no quantity. */
export function mebibytesOf(quantity: unknown): number | undefined {
  const nanos = nanosOf(quantity);
  return nanos === undefined ? undefined : Number(nanos) / 1e9 / Number(MEBIBYTE);
}

/** Cores in the canonical form, `2` or `1250m`, to the next thousandth above. */
export function cpuQuantity(cores: number): string {
  const millicores = ceiling(cores * 1000);
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

/** MiB in the canonical form, `1536Mi` or `2Gi`, to the next MiB above. */
export function memoryQuantity(mebibytes: number): string {
  const whole = ceiling(mebibytes);
  if (whole % 1_048_576 === 0) return `${whole / 1_048_576}Ti`;
  return whole % 1024 === 0 ? `${whole / 1024}Gi` : `${whole}Mi`;
}

/** 0.3 × 1000 is 300.00000000000006 or less: what is that close to a whole number is meant to be it. */
function ceiling(value: number): number {
  return Math.ceil(value - 1e-6);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ' ';
}

/** The suffix as billionths of billionths, so that `n` is whole. */
function scaleOf(suffix: string): bigint | undefined {
  const binary = BINARY[suffix];
  if (binary !== undefined) return 1024n ** binary * NANO * NANO;
  const power = DECIMAL[suffix] ?? Number(suffix.slice(1));
  if (Math.abs(power) > LARGEST_EXPONENT) return undefined;
  return 10n ** BigInt(power + 18);
}

function roundUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
