import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { CapacityBook } from '../../../src/control/books/capacity-book.ts';
import type { Draft } from '../../../src/control/draft.ts';
import { growOnViolation } from '../../../src/control/grow-on-violation.ts';
import { guard } from '../../../src/control/guard/guard.ts';
import { steeringOf } from '../../../src/control/in-place/steering.ts';
import { capacityCores } from '../../../src/control/shapes.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import {
  allocation,
  draftOf,
  guardContext,
  NOW,
  observationOf,
  serviceOf,
  settingsWith,
} from '../fixtures.ts';

const settings = settingsWith({
  minDecrease: 0.1,
  stabilization: 300,
  inPlace: { interval: 15, stabilization: 60, minDecrease: 0.02 },
});

const serviceIn = (mode: ServiceMode) => ({ ...serviceOf(settings), mode });

function guarded(mode: ServiceMode, from: number, to: number, changes = {}): Draft {
  const draft = draftOf(serviceIn(mode), allocation(from), allocation(to));
  return guard([draft], guardContext(settings, changes))[0]!;
}

describe('the guard of a service whose changes cost no restart', () => {
  it('lets small decreases through that are not worth a restart', () => {
    expect(guarded('in-place', 2, 1.9).target.cpu).toBe(1.9);
    expect(guarded('rolling', 2, 1.9)).toMatchObject({ target: { cpu: 2 }, reason: 'small-decrease' });
    expect(guarded('in-place', 2, 1.99)).toMatchObject({ target: { cpu: 2 }, reason: 'small-decrease' });
  });

  it('watches what a decrease did for no longer than that shows, and says for how long', () => {
    const rolling = guarded('rolling', 2, 1, { shrunkSeconds: new Map([['auth-service', NOW - 10]]) });
    expect(rolling).toMatchObject({ target: { cpu: 2 }, reason: 'stabilizing' });
    expect(rolling.explanation).toContain('watched for 300 s');
    const { effect } = steeringOf(serviceIn('in-place'), settings);
    expect(effect).toBeLessThanOrEqual(60);
    const inPlace = guarded('in-place', 2, 1, { shrunkSeconds: new Map([['auth-service', NOW - 10]]) });
    expect(inPlace.explanation).toContain(`watched for ${effect} s`);
  });

  it('never watches for longer than a decrease must have been wanted', () => {
    const { control } = settingsWith({ inPlace: { interval: 15, stabilization: 5, minDecrease: 0.02 } });
    expect(steeringOf(serviceIn('in-place'), { control }).effect).toBe(5);
    expect(steeringOf(serviceIn('rolling'), { control }).effect).toBe(control.stabilization);
  });

  it('says of how long ago a plan is that keeps it from shrinking', () => {
    const recentPlans = new Map([['auth-service', [allocation(1.7)]]]);
    const inPlace = guarded('in-place', 2, 1.5, { recentPlans });
    expect(inPlace).toMatchObject({ target: { cpu: 1.7 }, reason: 'stabilizing' });
    expect(inPlace.explanation).toContain('within the last 60 s');
    expect(guarded('rolling', 2, 1.5, { recentPlans }).explanation).toContain('within the last 300 s');
  });

  it('shrinks to the square of a step, on the finer grid where that does not go all the way', () => {
    const { inPlaceQuantum } = settings.allocation;
    const step = settings.control.largestStep ** 2;
    const { cpu } = guarded('in-place', 1.37, 0.2).target;
    expect(cpu).toBeGreaterThanOrEqual(1.37 / step);
    expect(cpu).toBeLessThan(1.37 / step + inPlaceQuantum);
  });

  it('shrinks memory by the plain step in every mode: what is in use does not come back as fast', () => {
    const { largestStep } = settings.control;
    for (const mode of ['in-place', 'rolling'] as const) {
      const draft = draftOf(serviceIn(mode), allocation(2, 1, 1024), allocation(1.9, 1, 64));
      const [{ target }] = guard([draft], guardContext(settings)) as [Draft];
      expect(target.memory).toBe(Math.ceil(1024 / largestStep));
    }
  });
});

describe('growth beyond the plan where an SLO is missed', () => {
  const grown = (mode: ServiceMode) => {
    const service = serviceIn(mode);
    const capacities = new CapacityBook(settings.topology);
    capacities.note(service.id, { ...allocation(1), source: 'applied', sinceSeconds: 0 });
    const [draft] = growOnViolation([draftOf(service, allocation(1), allocation(1))], {
      settings,
      observation: observationOf(settings, { violating: 'slow' }),
      profiles: new PerformanceImpactQuantifier(),
      capacities,
      expectedNow: new Map(),
      demands: new Map(),
      infeasible: new Set(),
      givenUp: new Set(),
      measuredMemory: new Set(),
      loads: new Map(),
      baselines: new Map(),
    });
    return capacityCores(service, draft!.target);
  };

  it('takes smaller steps where the next one is seconds away', () => {
    expect(grown('rolling')).toBeCloseTo(settings.control.largestStep, 9);
    expect(grown('in-place')).toBeGreaterThan(1);
    expect(grown('in-place')).toBeLessThan(settings.control.largestStep);
  });
});
