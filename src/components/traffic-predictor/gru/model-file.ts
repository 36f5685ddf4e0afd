import { createHash } from 'node:crypto';
import type { NetworkShape } from '../network/network-shape.ts';

/**
 * A trained network as bytes: magic, length of the header (uint32 LE), header (JSON: version, shape, scaler, time of
 * the cut), weights (float32 LE in the order of `weightLayout`), SHA-256 of all before.
 */
const MAGIC = Buffer.from('DTA-SLO-GRU\n');
const VERSION = 2;
/** How windows are normalised; part of what the weights mean. It is computed from each window and has no numbers. */
const SCALER = 'differences to a moving average over the mean absolute step, cut at 20, halved';
const DIGEST_BYTES = 32;
const BYTES_PER_WEIGHT = 4;

export interface SavedNetwork {
  readonly weights: Float32Array;
  /** End of the history that training and validation have seen. */
  readonly cutSeconds: number;
  /** How many windows its last training from scratch had. */
  readonly freshWindows: number;
}

export function encodeNetwork(network: SavedNetwork, shape: NetworkShape): Uint8Array {
  const { cutSeconds, freshWindows } = network;
  const header = Buffer.from(JSON.stringify({ ...fingerprint(shape), cutSeconds, freshWindows }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const weights = Buffer.alloc(network.weights.length * BYTES_PER_WEIGHT);
  network.weights.forEach((weight, i) => {
    weights.writeFloatLE(weight, i * BYTES_PER_WEIGHT);
  });
  const body = Buffer.concat([MAGIC, length, header, weights]);
  return new Uint8Array(Buffer.concat([body, digest(body)]));
}

function fingerprint(shape: NetworkShape): Record<string, unknown> {
  return { version: VERSION, scaler: SCALER, ...shape };
}

function digest(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest();
}

/** The network, or why these bytes cannot be used with this shape. Never throws. */
export function decodeNetwork(saved: Uint8Array, shape: NetworkShape): SavedNetwork | string {
  const bytes = Buffer.from(saved);
  const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
  if (body.length < MAGIC.length + 4 || !body.subarray(0, MAGIC.length).equals(MAGIC)) {
    return 'these bytes are no saved network';
  }
  if (!digest(body).equals(bytes.subarray(body.length))) return 'the saved network is damaged';
  const headerEnd = MAGIC.length + 4 + body.readUInt32LE(MAGIC.length);
  const header = parseHeader(body.toString('utf8', MAGIC.length + 4, headerEnd));
  for (const [key, allowed] of Object.entries(fingerprint(shape))) {
    const found = JSON.stringify(header[key]);
    if (found !== JSON.stringify(allowed)) {
      return `the saved network has another ${key}: found ${found}, allowed: ${JSON.stringify(allowed)}`;
    }
  }
  const { cutSeconds, freshWindows } = header;
  if (typeof cutSeconds !== 'number' || typeof freshWindows !== 'number') {
    return 'the saved network does not say when and on how much it was trained';
  }
  return { weights: readWeights(body.subarray(headerEnd)), cutSeconds, freshWindows };
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // Its digest is right, so that somebody else has written it: it then lacks all that is asked for.
    return {};
  }
}

function readWeights(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: Math.floor(bytes.length / BYTES_PER_WEIGHT) }, (_, i) =>
    bytes.readFloatLE(i * BYTES_PER_WEIGHT),
  );
}
