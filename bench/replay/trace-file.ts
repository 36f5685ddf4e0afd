import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { RateTrace } from './arrivals.ts';

export interface TraceChoice {
  /** Factor on every rate; default 1. */
  readonly scale?: number;
  /** Only the first hours. */
  readonly hours?: number;
}

/**
 * Reads `seconds,requests` (a header line, then the start of each bucket and how many requests came in it), plain or
 * compressed (`.gz`).
 *
 * @throws Error with the line that is not understood
 */
export function readTrace(path: string, choice: TraceChoice = {}): RateTrace {
  const bytes = readFileSync(path);
  return parseTrace((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'), choice);
}

export function parseTrace(text: string, choice: TraceChoice = {}): RateTrace {
  const lines = text.trim().split(/\r?\n/);
  const rows = lines.slice(1).map((line, index) => parseRow(line, index + 2));
  if (rows.length === 0) throw new Error('the trace has no rows');
  const bucketSeconds = rows.length > 1 ? rows[1]!.seconds - rows[0]!.seconds : 1;
  if (!(bucketSeconds > 0)) throw new Error('the buckets of the trace do not ascend');
  const wanted = Math.ceil(((choice.hours ?? Infinity) * 3600) / bucketSeconds);
  const rates = rows.slice(0, wanted).map(({ requests }) => (requests / bucketSeconds) * (choice.scale ?? 1));
  return { bucketSeconds, ratesPerSecond: Float64Array.from(rates) };
}

function parseRow(line: string, number: number): { seconds: number; requests: number } {
  const [seconds, requests] = line.split(',').map(Number);
  if (seconds === undefined || requests === undefined || !(seconds >= 0) || !(requests >= 0)) {
    throw new Error(`line ${number} of the trace: found "${line}", allowed: seconds,requests`);
  }
  return { seconds, requests };
}
