/** Native histograms as a scraper gets them: delimited protobuf of io.prometheus.client.MetricFamily (metrics.proto). */

export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Buckets per power of two: 2^3. */
const SCHEMA = 3;
const HISTOGRAM = 4;

export class NativeHistogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    const index = Math.ceil(Math.log2(seconds) * 2 ** SCHEMA);
    this.#buckets.set(index, (this.#buckets.get(index) ?? 0) + 1);
    this.#count += 1;
    this.#sum += seconds;
  }

  /** The message Histogram. */
  encode(): Buffer {
    const indices = [...this.#buckets.keys()].sort((a, b) => a - b);
    const [first = 0, last = -1] = [indices[0], indices.at(-1)];
    const counts = Array.from({ length: last - first + 1 }, (_, i) => this.#buckets.get(first + i) ?? 0);
    const span = Buffer.concat([varint(1, zigzag(first)), varint(2, counts.length)]);
    return Buffer.concat([
      varint(1, this.#count),
      double(2, this.#sum),
      varint(5, zigzag(SCHEMA)),
      double(6, 1e-9),
      ...(counts.length === 0 ? [] : [bytes(12, span)]),
      ...counts.map((count, i) => varint(13, zigzag(count - (counts[i - 1] ?? 0)))),
    ]);
  }
}

/** One family of histograms, by their labels. */
export function encodeFamily(
  name: string,
  histograms: readonly (readonly [labels: Readonly<Record<string, string>>, histogram: NativeHistogram])[],
): Buffer {
  const metrics = histograms.map(([labels, histogram]) => {
    const pairs = Object.entries(labels).map(([label, value]) =>
      bytes(1, Buffer.concat([text(1, label), text(2, value)])),
    );
    return bytes(4, Buffer.concat([...pairs, bytes(7, histogram.encode())]));
  });
  const family = Buffer.concat([text(1, name), text(2, 'Duration.'), varint(3, HISTOGRAM), ...metrics]);
  return Buffer.concat([number(family.length), family]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([number(field * 8), number(value)]);
}

function double(field: number, value: number): Buffer {
  const encoded = Buffer.alloc(8);
  encoded.writeDoubleLE(value);
  return Buffer.concat([number(field * 8 + 1), encoded]);
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([number(field * 8 + 2), number(value.length), value]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function number(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  out.push(rest);
  return Buffer.from(out);
}
