import type { Totals } from './counter-ring.ts';
import { BUCKET_COUNT } from './latency-buckets.ts';

/** What one coarse slot of one series holds. */
export interface SlotContent {
  /** Width of the slot, s: slots of another width cannot be taken back. */
  readonly widthSeconds: number;
  /** Time of the first record of its series, and of the newest one in the slot as far as that is known, s. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  /** Since when the monitor that wrote it had been watching, s. */
  readonly watchedSince: number;
  /** Seconds of the slot that a source told of; NaN for a series that is not fed by one. */
  readonly toldSeconds: number;
  readonly totals: Totals;
}

/** Counts of the buckets from `first` on. */
export interface DenseSketch {
  readonly first: number;
  readonly counts: Float64Array;
}

/** `buckets`: count by occupied bucket. */
export interface DecodedSlot extends SlotContent {
  readonly buckets: ReadonlyMap<number, number>;
}

/** Changes when the layout or the buckets change. Version 1, without the told seconds, is still read. */
const VERSION = 2;
const DOUBLE_BYTES = 8;
const headerBytes = (version: number) => 1 + 4 + (version === 1 ? 9 : 10) * DOUBLE_BYTES;
const HEADER_BYTES = headerBytes(VERSION);
/** A distance takes up to 2 bytes, a count of one slot up to 5 (BucketSlab). */
const LARGEST_ENTRY_BYTES = 7;

/**
 * version (1 byte), FNV-1a checksum of all that follows (4), width, first, last, watched since, requests, errors, latency
 * sum, CPU sum, requests with CPU, told seconds (10 doubles, little endian), then for each occupied bucket in ascending order two LEB128 numbers:
 * the distance to the bucket before (−1 for the first) and the count.
 */
export function encodeSlot(content: SlotContent, sketch: DenseSketch): Uint8Array {
  const buffer = new Uint8Array(HEADER_BYTES + occupied(sketch) * LARGEST_ENTRY_BYTES);
  const payload = buffer.subarray(0, writeBuckets(buffer, sketch));
  const view = new DataView(buffer.buffer);
  const { requests, errors, latencySum, cpuSum, cpuRequests } = content.totals;
  const { widthSeconds, firstSeconds, lastSeconds, watchedSince, toldSeconds } = content;
  const times = [widthSeconds, firstSeconds, lastSeconds, watchedSince];
  const doubles = [...times, requests, errors, latencySum, cpuSum, cpuRequests, toldSeconds];
  for (let i = 0; i < doubles.length; i++) view.setFloat64(5 + i * DOUBLE_BYTES, doubles[i]!, true);
  payload[0] = VERSION;
  view.setUint32(1, checksum(payload), true);
  return payload.slice();
}

function occupied({ counts }: DenseSketch): number {
  let buckets = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) buckets++;
  return buckets;
}

/** Returns where the bytes end. */
function writeBuckets(buffer: Uint8Array, { first, counts }: DenseSketch): number {
  let at = HEADER_BYTES;
  let previous = -1;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    at = writeNumber(buffer, writeNumber(buffer, at, first + i - previous), count);
    previous = first + i;
  }
  return at;
}

/** Undefined for bytes that `encodeSlot` of this version or the one before did not write. */
export function decodeSlot(payload: Uint8Array): DecodedSlot | undefined {
  const version = payload[0] ?? 0;
  if (version < 1 || version > VERSION || payload.length < headerBytes(version)) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.getUint32(1, true) !== checksum(payload)) return undefined;
  const double = (i: number) => view.getFloat64(5 + i * DOUBLE_BYTES, true);
  const buckets = readBuckets(payload, headerBytes(version));
  if (buckets === undefined) return undefined;
  return {
    widthSeconds: double(0),
    firstSeconds: double(1),
    lastSeconds: double(2),
    watchedSince: double(3),
    toldSeconds: version === 1 ? Number.NaN : double(9),
    totals: {
      requests: double(4),
      errors: double(5),
      latencySum: double(6),
      cpuSum: double(7),
      cpuRequests: double(8),
    },
    buckets,
  };
}

function readBuckets(payload: Uint8Array, from: number): Map<number, number> | undefined {
  const buckets = new Map<number, number>();
  const reader = { at: from };
  let bucket = -1;
  while (reader.at < payload.length) {
    bucket += readNumber(payload, reader);
    const count = readNumber(payload, reader);
    if (!(bucket < BUCKET_COUNT && count > 0 && !buckets.has(bucket))) return undefined;
    buckets.set(bucket, count);
  }
  return buckets;
}

function writeNumber(buffer: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest >= 128) {
    buffer[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = rest;
  return at;
}

/** NaN where the bytes end too early. */
function readNumber(payload: Uint8Array, reader: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = payload[reader.at++];
    if (byte === undefined) return Number.NaN;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
}

/** FNV-1a, 32 bit (Fowler, Noll, Vo), of everything behind the checksum itself. */
function checksum(payload: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 5; i < payload.length; i++) hash = Math.imul(hash ^ payload[i]!, 0x01000193);
  return hash >>> 0;
}
