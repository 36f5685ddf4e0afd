import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNetwork, encodeNetwork } from '../../../../src/components/traffic-predictor/gru/model-file.ts';

const shape = { sequenceLength: 12, horizon: 3, features: 2, units: [8, 4] };
const network = { weights: Float32Array.of(1.5, -2, 3e-7), cutSeconds: 1234 };

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

test.each([
  ['sequenceLength', { ...shape, sequenceLength: 13 }],
  ['horizon', { ...shape, horizon: 4 }],
  ['features', { ...shape, features: 3 }],
  ['units', { ...shape, units: [8] }],
])('another %s is refused by name', (key, other) => {
  expect(decodeNetwork(encodeNetwork(network, shape), other)).toContain(`another ${key}`);
});
