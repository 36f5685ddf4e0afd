import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ChainSeries } from '../../src/models/metrics.ts';

const HEADER = 'seconds,requests';

/** Reads a trace (csv or csv.gz) up to `untilSeconds` as a chain's series. */
export function readSteps(file: string, stepSeconds: number, untilSeconds: number): ChainSeries {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return stepsOf(basename(file), text, stepSeconds, untilSeconds);
}

/**
 * Counts summed into steps, as requests/s. Rows from `untilSeconds` on are not looked at. A step without a row is a gap, one
 * that has not ended is left out.
 *
 * @throws Error when the text has another header or fewer than two rows
 */
export function stepsOf(name: string, text: string, stepSeconds: number, untilSeconds: number): ChainSeries {
  const [header, ...lines] = text.trim().split(/\r?\n/);
  if (header !== HEADER) throw new Error(`${name}: found header ${header}, allowed: ${HEADER}`);
  const rows = lines
    .map((line) => line.split(',').map(Number))
    .filter(([seconds = Number.NaN]) => seconds < untilSeconds);
  if (rows.length < 2) throw new Error(`${name}: found ${rows.length} rows, allowed: two or more`);
  const [first = 0, second = 0] = rows.slice(0, 2).map(([seconds = 0]) => seconds);
  const startSeconds = Math.floor(first / stepSeconds) * stepSeconds;
  const endSeconds = (rows.at(-1)?.[0] ?? 0) + (second - first);
  const counts = new Float64Array(Math.floor((endSeconds - startSeconds) / stepSeconds)).fill(Number.NaN);
  for (const [seconds = 0, requests = 0] of rows) {
    const step = Math.floor((seconds - startSeconds) / stepSeconds);
    const before = counts[step];
    if (before !== undefined) counts[step] = (Number.isNaN(before) ? 0 : before) + requests;
  }
  const rates = counts.map((count) => count / stepSeconds);
  const unknown = () => new Float64Array(rates.length).fill(Number.NaN);
  return { chain: name, startSeconds, stepSeconds, rates, latencies: unknown(), errorRatios: unknown() };
}

/** The rows [from, to) of a series, not copied. */
export function part(series: ChainSeries, from: number, to: number): ChainSeries {
  return {
    ...series,
    startSeconds: series.startSeconds + from * series.stepSeconds,
    rates: series.rates.subarray(from, to),
    latencies: series.latencies.subarray(from, to),
    errorRatios: series.errorRatios.subarray(from, to),
  };
}
