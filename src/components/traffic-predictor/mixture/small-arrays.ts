/** Bytes taken from the runtime at a time: about what one chain needs, so that one that is dropped leaves little behind. */
const CHUNK_BYTES = 32_768;
const ALIGNMENT = 8;

let chunk = new ArrayBuffer(0);
let used = 0;

/**
 * Zeros that share a buffer with others. A chain has about a hundred arrays, most of them of 40 to 200 bytes, and a buffer
 * of its own costs 270 bytes more.
 */
export function float64s(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(...place(length, Float64Array.BYTES_PER_ELEMENT));
}

/** As `float64s`. */
export function float32s(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(...place(length, Float32Array.BYTES_PER_ELEMENT));
}

function place(length: number, elementBytes: number): [ArrayBuffer, number, number] {
  const bytes = Math.ceil((length * elementBytes) / ALIGNMENT) * ALIGNMENT;
  if (bytes > CHUNK_BYTES / 2) return [new ArrayBuffer(bytes), 0, length];
  if (used + bytes > chunk.byteLength) {
    chunk = new ArrayBuffer(CHUNK_BYTES);
    used = 0;
  }
  used += bytes;
  return [chunk, used - bytes, length];
}
