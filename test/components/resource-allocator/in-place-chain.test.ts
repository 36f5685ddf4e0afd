import { describe, expect, it } from 'vitest';
import { inPlaceChain } from '../../../src/components/resource-allocator/in-place-chain.ts';
import type { PlanningChain, PlanningVisit } from '../../../src/models/plans.ts';
import { chain, profile, visit } from './fixtures.ts';

/** Floors of the services, s. */
const FLOORS = { a: 0.02, b: 0.05, c: 0.06 };
const PROFILES = new Map(
  Object.entries(FLOORS).map(([id, floorSeconds]) => [id, profile(id, 'x', { floorSeconds })]),
);

/** The chain as it is planned, at composition 1.5 and an overhead of 10 ms. */
function planned(...stages: PlanningVisit[][][]): PlanningChain {
  return inPlaceChain(chain('x', stages, { composition: 1.5, overheadSeconds: 0.01 }), PROFILES);
}

describe('a chain whose services are all resized in place', () => {
  it('takes the work of its visit for certain, and half of it as what is waited', () => {
    expect(planned([[visit('a', { visits: 3 })]])).toEqual({
      id: 'x',
      sloSeconds: 0.1,
      priority: 1,
      rate: 100,
      composition: 1.5,
      // 10 ms + 1.5 · 3 · 20 ms
      overheadSeconds: expect.closeTo(0.1, 12),
      stages: [[[visit('a', { visits: 3, floor: 0, queueing: 0.01 })]]],
    });
  });

  it('waits for the visits of parallel branches one after the other, and works as the slowest of them', () => {
    const { overheadSeconds, stages } = planned([[visit('a')]], [[visit('b')], [visit('c')]]);
    expect(overheadSeconds).toBeCloseTo(0.01 + 1.5 * (0.02 + 0.06), 12);
    expect(stages).toEqual([
      [
        [
          visit('a', { floor: 0, queueing: 0.01 }),
          visit('b', { floor: 0, queueing: 0.025 }),
          visit('c', { floor: 0, queueing: 0.03 }),
        ],
      ],
    ]);
  });

  it('counts the wait of a visit that several ways share once, and its work on each', () => {
    const again = visit('a', { demand: 0, again: true });
    const { overheadSeconds, stages } = planned([
      [visit('a'), visit('b')],
      [again, visit('c')],
    ]);
    expect(overheadSeconds).toBeCloseTo(0.01 + 1.5 * (0.02 + 0.06), 12);
    expect(stages[0]![0]!.map(({ service }) => service)).toEqual(['a', 'b', 'c']);
  });

  it('leaves out what leaks from a service to its callers', () => {
    const leak = visit('b', { demand: 0, floor: 0, queueing: 0.015 });
    expect(planned([[visit('a'), leak]])).toEqual(planned([[visit('a')]]));
  });

  it('goes by the works that were learned, without the factor of the slowest of several branches', () => {
    const cautious = visit('a', { floor: 9, queueing: 9 });
    expect(planned([[cautious]])).toEqual(planned([[visit('a')]]));
  });

  it('waits at least half of what its visits compute, also where the work was learned too low', () => {
    const profiles = new Map([['a', profile('a', 'x', { floorSeconds: 0 })]]);
    const { stages } = inPlaceChain(chain('x', [[[visit('a', { demand: 0.01 })]]]), profiles);
    expect(stages).toEqual([[[visit('a', { demand: 0.01, floor: 0, queueing: 0.005 })]]]);
  });

  it('counts a visit that takes time without computing', () => {
    const { overheadSeconds, stages } = planned([[visit('a', { demand: 0 })]]);
    expect(overheadSeconds).toBeCloseTo(0.04, 12);
    expect(stages).toEqual([[[visit('a', { demand: 0, floor: 0, queueing: 0.01 })]]]);
  });
});
