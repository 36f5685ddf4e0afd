import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type RandomShape,
  randomApplication,
} from '../../../bench/policy/applications/random-application.ts';
import type { Application, Call } from '../../../bench/simulator/application.ts';

const shape: RandomShape = { seed: 1, services: 8, chains: 2, sharing: 0.3, depth: 3, fanOut: 2 };

function callsOf(call: Call): Call[] {
  return [call, ...call.stages.flat().flatMap(callsOf)];
}

function depthOf(call: Call): number {
  return 1 + Math.max(0, ...call.stages.flat().map(depthOf));
}

/** In how many chains a service is, in the mean. */
function meanSharing({ services, chains }: Application): number {
  const uses = chains.map(({ root }) => new Set(callsOf(root).map(({ service }) => service)).size);
  return uses.reduce((sum, use) => sum + use, 0) / services.length;
}

describe('an application at random', () => {
  it('keeps to its shape, whatever that is', () => {
    const shapes = fc.record({
      seed: fc.nat(),
      services: fc.integer({ min: 1, max: 15 }),
      chains: fc.integer({ min: 1, max: 3 }),
      sharing: fc.double({ min: 0, max: 1, noNaN: true }),
      depth: fc.integer({ min: 1, max: 3 }),
      fanOut: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(shapes, (wanted) => {
        const { services, chains } = randomApplication(wanted);
        const calls = chains.flatMap(({ root }) => callsOf(root));
        expect(chains).toHaveLength(wanted.chains);
        expect(services.length).toBeLessThanOrEqual(wanted.services);
        expect(new Set(calls.map(({ service }) => service)).size).toBe(services.length);
        for (const { root } of chains) expect(depthOf(root)).toBeLessThanOrEqual(wanted.depth);
        for (const { demandSeconds, stages } of calls) {
          expect(demandSeconds).toBeGreaterThanOrEqual(0.0005);
          expect(demandSeconds).toBeLessThanOrEqual(0.008);
          expect(stages.flat().length).toBeLessThanOrEqual(wanted.fanOut);
        }
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it('shares more services when it is told to', () => {
    const [little, much] = [0, 0.8].map((sharing) =>
      meanSharing(randomApplication({ ...shape, services: 60, chains: 4, sharing })),
    );
    expect(little).toBe(1);
    expect(much).toBeGreaterThan(1.3);
  });

  it('is the same for the same seed alone', () => {
    expect(randomApplication(shape)).toEqual(randomApplication(shape));
    expect(randomApplication({ ...shape, seed: 2 }).chains).not.toEqual(randomApplication(shape).chains);
  });
});
