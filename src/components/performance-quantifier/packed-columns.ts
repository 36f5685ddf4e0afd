/** Columns of equal length with a header in front. Times keep 64 bits; of everything else 32 are far below its noise. */
export interface PackedColumns {
  /** Anything that JSON can carry. */
  readonly header: unknown;
  readonly times: Float64Array;
  readonly columns: readonly (Float32Array | Float64Array)[];
}

/** Changes when the layout changes. */
const VERSION = 1;
/** Version, length of the header in bytes, number of rows, number of columns. */
const PREFIX = Uint32Array.BYTES_PER_ELEMENT * 4;

/** The prefix (unsigned 32-bit numbers), the header as JSON, the times, then one column after the other; little endian. */
export function pack({ header, times, columns }: PackedColumns): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const prefix = Uint32Array.of(VERSION, json.length, times.length, columns.length);
  const values = columns.map((column) => bytesOf(Float32Array.from(column)));
  return Buffer.concat([bytesOf(prefix), json, bytesOf(times), ...values]);
}

/** Undefined for bytes that `pack` of this version cannot have written. */
export function unpack(bytes: Uint8Array): PackedColumns | undefined {
  if (bytes.length < PREFIX) return undefined;
  const [version, headerLength = 0, rows = 0, count = 0] = new Uint32Array(copied(bytes, 0, PREFIX));
  const timesAt = PREFIX + headerLength;
  const columnsAt = timesAt + rows * Float64Array.BYTES_PER_ELEMENT;
  const columnBytes = rows * Float32Array.BYTES_PER_ELEMENT;
  if (version !== VERSION || bytes.length !== columnsAt + count * columnBytes) return undefined;
  const header = parse(new TextDecoder().decode(bytes.subarray(PREFIX, timesAt)));
  const times = new Float64Array(copied(bytes, timesAt, columnsAt));
  const columns = Array.from({ length: count }, (_, column) => {
    const at = columnsAt + column * columnBytes;
    return new Float32Array(copied(bytes, at, at + columnBytes));
  });
  return { header, times, columns };
}

function bytesOf(array: Float64Array | Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Numbers must stand at multiples of their size. */
function copied(bytes: Uint8Array, from: number, to: number): ArrayBuffer {
  return new Uint8Array(bytes.subarray(from, to)).buffer;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
