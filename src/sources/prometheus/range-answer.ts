/** What `/api/v1/query_range` answers: prometheus.io, "HTTP API", "Range vectors" and "Native histograms". */
import { SourceFault } from './source-fault.ts';

export interface RangeAnswer {
  readonly series: readonly RangeSeries[];
  /** Why data may be missing; empty when the answer is whole. */
  readonly warnings: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

export interface RangeSeries {
  readonly labels: Labels;
  /** Unix s and value; NaN and infinite values are left out. */
  readonly values: readonly (readonly [atSeconds: number, value: number])[];
  readonly histograms: readonly (readonly [atSeconds: number, histogram: NativeHistogram])[];
}

export interface NativeHistogram {
  readonly sum: number;
  readonly buckets: readonly Bucket[];
}

/** How many lie in (lower, upper]. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

const LONGEST_QUOTE = 200;

/** Throws a SourceFault when it is anything else than a matrix. */
export function readRangeAnswer(status: number, body: Buffer): RangeAnswer {
  const answer = readJson(status, body);
  if (answer['status'] !== 'success') throw new SourceFault(errorOf(status, answer));
  const data = answer['data'];
  if (!isRecord(data) || data['resultType'] !== 'matrix' || !Array.isArray(data['result'])) {
    throw nonsense('no matrix');
  }
  const seen = new Set<string>();
  return {
    series: data['result'].map((each: unknown) => readSeries(each, seen)),
    warnings: readWarnings(answer['warnings']),
  };
}

function readJson(status: number, body: Buffer): Record<string, unknown> {
  const text = body.toString('utf8');
  try {
    const answer: unknown = JSON.parse(text);
    if (isRecord(answer)) return answer;
  } catch {
    // What it is instead is told below.
  }
  const begin = text.slice(0, 60).replace(/[^\x20-\x7e]+/g, ' ');
  throw new SourceFault(
    `status ${status} without the JSON of a whole answer, beginning ${JSON.stringify(begin)}`,
  );
}

function errorOf(status: number, { error, errorType }: Record<string, unknown>): string {
  const words = [errorType, error].filter((word) => typeof word === 'string');
  return `status ${status}: ${quoted(words.join(': ')) || 'an error without a message'}`;
}

function readSeries(raw: unknown, seen: Set<string>): RangeSeries {
  if (!isRecord(raw) || !isLabels(raw['metric'])) throw nonsense('a series without labels');
  const key = JSON.stringify(raw['metric']);
  if (seen.has(key)) throw nonsense(`the series ${quoted(key)} twice`);
  seen.add(key);
  return {
    labels: raw['metric'],
    values: readPoints(raw['values'], readNumber).filter(([, value]) => Number.isFinite(value)),
    histograms: readPoints(raw['histograms'], readHistogram),
  };
}

function readPoints<T>(raw: unknown, read: (value: unknown) => T): [number, T][] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) throw nonsense('points that are no list');
  return raw.map((point: unknown): [number, T] => {
    if (!Array.isArray(point) || typeof point[0] !== 'number') throw nonsense('a point without a time');
    return [point[0], read(point[1])];
  });
}

/** Numbers are text, so that NaN and infinity can be told. */
function readNumber(raw: unknown): number {
  if (typeof raw !== 'string') throw nonsense('a value that is no number in quotes');
  const value = Number(raw);
  if (Number.isFinite(value) || /^(NaN|[+-]?Inf)$/.test(raw)) return value;
  throw nonsense(`the value ${quoted(JSON.stringify(raw))}`);
}

function readHistogram(raw: unknown): NativeHistogram {
  if (!isRecord(raw)) throw nonsense('a histogram that is none');
  const buckets = raw['buckets'] ?? [];
  if (!Array.isArray(buckets)) throw nonsense('a histogram whose buckets are no list');
  return {
    sum: readNumber(raw['sum']),
    buckets: buckets.map((bucket: unknown) => {
      if (!Array.isArray(bucket)) throw nonsense('a bucket that is no list');
      return { lower: readNumber(bucket[1]), upper: readNumber(bucket[2]), count: readNumber(bucket[3]) };
    }),
  };
}

function readWarnings(raw: unknown): string[] {
  if (raw === undefined || raw === null) return [];
  return (Array.isArray(raw) ? raw : [raw]).map((warning) => quoted(String(warning)));
}

function isLabels(raw: unknown): raw is Labels {
  return isRecord(raw) && Object.values(raw).every((value) => typeof value === 'string');
}

function isRecord(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function nonsense(what: string): SourceFault {
  return new SourceFault(`an answer that Prometheus would not give: ${what}`);
}

function quoted(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}
