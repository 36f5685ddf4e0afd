import { createHash } from 'node:crypto';
import type { NetworkShape } from '../options.ts';

/**
 * A trained network as bytes: magic, length of the header (uint32 LE), header (JSON: version, shape, scaler, time of
 * the cut), weights (float32 LE in the model's order), SHA-256 of all before.
 */
const MAGIC = Buffer.from('DTA-SLO-GRU\n');
const VERSION = 1;
/** How windows are normalised; part of what the weights mean. It is computed from each window and has no numbers. */
const SCALER = 'differences to a moving average over the mean absolute step, cut at 20, halved';
const DIGEST_BYTES = 32;

export interface SavedNetwork {
  readonly weights: Float32Array;
  /** End of the history that training and validation have seen. */
  readonly cutSeconds: number;
}

export function encodeNetwork(network: SavedNetwork, shape: NetworkShape): Uint8Array {
  const header = Buffer.from(JSON.stringify({ ...fingerprint(shape), cutSeconds: network.cutSeconds }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const weights = Buffer.alloc(network.weights.length * 4);
  network.weights.forEach((weight, i) => {
    weights.writeFloatLE(weight, i * 4);
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
  const header: Record<string, unknown> = JSON.parse(body.toString('utf8', MAGIC.length + 4, headerEnd));
  for (const [key, allowed] of Object.entries(fingerprint(shape))) {
    const found = JSON.stringify(header[key]);
    if (found !== JSON.stringify(allowed)) {
      return `the saved network has another ${key}: found ${found}, allowed: ${JSON.stringify(allowed)}`;
    }
  }
  const { cutSeconds } = header;
  if (typeof cutSeconds !== 'number') return 'the saved network does not say when it was trained';
  const weights = new Float32Array((body.length - headerEnd) / 4);
  for (let i = 0; i < weights.length; i++) weights[i] = body.readFloatLE(headerEnd + i * 4);
  return { weights, cutSeconds };
}
