import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNetwork, encodeNetwork } from '../../../../src/components/traffic-predictor/gru/model-file.ts';

const shape = {
  sequenceLength: 12,
  horizon: 3,
  features: 2,
  context: 1,
  quantiles: 4,
  units: [8, 4],
  dense: [],
  batchNorm: false,
  dropout: 0,
};
const network = { weights: Float32Array.of(1.5, -2, 3e-7), cutSeconds: 1234, freshWindows: 500 };

test('a saved network comes back as it was', () => {
  expect(decodeNetwork(encodeNetwork(network, shape), shape)).toEqual(network);
});

test('any changed or missing byte is refused with a reason', () => {
  const saved = encodeNetwork(network, shape);
  fc.assert(
    fc.property(
      fc.nat(saved.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, change, cut) => {
        const damaged = cut ? saved.slice(0, at) : saved.slice();
        if (!cut) damaged[at]! ^= change;
        expect(decodeNetwork(damaged, shape)).toMatch(/no saved network|damaged/);
      },
    ),
    { seed: 11 },
  );
});

test('a file of the first version, whose network was another one, is refused by its version', () => {
  const header = {
    version: 1,
    sequenceLength: 12,
    horizon: 3,
    features: 2,
    units: [8, 4],
    cutSeconds: 1234,
    freshWindows: 500,
  };
  const old = sealed(JSON.stringify(header));
  expect(decodeNetwork(old, shape)).toBe('the saved network has another version: found 1, allowed: 2');
});

test.each(['no JSON', 'null', '7', '"text"'])('a well sealed header of %s is refused', (header) => {
  expect(decodeNetwork(sealed(header), shape)).toContain('another version: found undefined');
});

/** A file with this header and two weights, whose digest is right. */
function sealed(header: string): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(header));
  const body = Buffer.concat([Buffer.from('DTA-SLO-GRU\n'), length, Buffer.from(header), Buffer.alloc(8)]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

test.each([
  ['sequenceLength', { ...shape, sequenceLength: 13 }],
  ['horizon', { ...shape, horizon: 4 }],
  ['features', { ...shape, features: 3 }],
  ['context', { ...shape, context: 0 }],
  ['units', { ...shape, units: [8] }],
  ['dense', { ...shape, dense: [4] }],
  ['batchNorm', { ...shape, batchNorm: true }],
])('another %s is refused by name', (key, other) => {
  expect(decodeNetwork(encodeNetwork(network, shape), other)).toContain(`another ${key}`);
});
