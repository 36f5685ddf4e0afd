import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../src/components/performance-quantifier/performance-quantifier.ts';
import { CapacityBook } from '../../src/control/books/capacity-book.ts';
import { PassMemory } from '../../src/control/books/pass-memory.ts';
import { voidAssumption } from '../../src/control/void-assumption.ts';
import type { ResourceAllocation } from '../../src/models/data-models.ts';
import { allocation, NOW, serviceOf, settingsWith } from './fixtures.ts';

const settings = settingsWith();
const { id, initial } = serviceOf(settings);

function learnedParts(recommended?: ResourceAllocation) {
  const { topology } = settings;
  const profiles = new PerformanceImpactQuantifier({ topology });
  profiles.updateProfile({
    service: id,
    startSeconds: NOW - 60,
    lengthSeconds: 60,
    capacity: { ...initial, source: 'initial', sinceSeconds: 0 },
    pairs: [
      {
        chain: 'order-processing',
        ratePerSecond: 1,
        requests: 60,
        errorRatio: 0,
        percentileSeconds: 0.2,
        meanSeconds: 0.1,
      },
    ],
  });
  const memory = new PassMemory();
  if (recommended !== undefined) {
    memory.recommendations = () => new Map([[id, recommended]]);
  }
  return { capacities: new CapacityBook(topology), memory, profiles };
}

const isKnown = ({ profiles }: ReturnType<typeof learnedParts>) =>
  profiles.profile(id, 'order-processing').kind === 'profile';

describe('voidAssumption', () => {
  const other = allocation(initial.cpu + 3, initial.instances + 2);

  it('forgets what was learned against an assumed capacity when the first word is another one', () => {
    const parts = learnedParts();
    voidAssumption(parts, id, other);
    expect(isKnown(parts)).toBe(false);
    parts.capacities.note(id, { ...other, source: 'applied', sinceSeconds: NOW });
    expect(parts.capacities.throughout(id, NOW - 60, NOW)).toBeUndefined();
    expect(parts.capacities.throughout(id, NOW, NOW + 60)).toMatchObject(other);
  });

  it('keeps it when the first word confirms the assumption', () => {
    const parts = learnedParts();
    voidAssumption(parts, id, initial);
    expect(isKnown(parts)).toBe(true);
  });

  it('keeps it when what was recommended is told to run now', () => {
    const parts = learnedParts(other);
    voidAssumption(parts, id, other);
    expect(isKnown(parts)).toBe(true);
  });

  it('keeps what was learned against a capacity that had been told', () => {
    const parts = learnedParts();
    parts.capacities.note(id, { ...other, source: 'applied', sinceSeconds: NOW });
    voidAssumption(parts, id, initial);
    expect(isKnown(parts)).toBe(true);
  });
});
