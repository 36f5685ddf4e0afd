/** Figures for people: three digits and a unit; an en dash for what is not known. */
import type { ResourceAllocation } from '../../models/data-models.ts';

export const UNKNOWN = '–';

/** What is less is nothing to a reader. */
const SMALLEST_SHARE = 0.0001;

export function duration(seconds: number | null | undefined): string {
  if (!isKnown(seconds)) return UNKNOWN;
  return seconds < 1 ? `${digits(seconds * 1000)} ms` : `${digits(seconds)} s`;
}

export function share(ratio: number | null | undefined): string {
  if (!isKnown(ratio)) return UNKNOWN;
  return ratio > 0 && ratio < SMALLEST_SHARE ? '< 0.01 %' : `${digits(ratio * 100)} %`;
}

export function perSecond(rate: number | null | undefined): string {
  return isKnown(rate) ? `${digits(rate)}/s` : UNKNOWN;
}

export function times(factor: number | null | undefined): string {
  return isKnown(factor) ? `${digits(factor)} ×` : UNKNOWN;
}

export function cost(value: number | null | undefined): string {
  return isKnown(value) ? digits(value) : UNKNOWN;
}

export function cores({ cpu, instances }: ResourceAllocation): string {
  return `${instances} × ${digits(cpu)}`;
}

export function memory(mebibytes: number): string {
  return mebibytes < 1024 ? `${digits(mebibytes)} MiB` : `${digits(mebibytes / 1024)} GiB`;
}

export function ago(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${digits(seconds / 3600)} h ago`;
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function digits(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
