import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { Draft } from '../../../src/control/draft.ts';
import { guard } from '../../../src/control/guard/guard.ts';
import { capacityCores, takesAway } from '../../../src/control/shapes.ts';
import {
  allocation,
  confidentProfiles,
  draftOf,
  guardContext,
  NOW,
  observationOf,
  serviceOf,
  settingsWith,
} from '../fixtures.ts';

const settings = settingsWith();
const auth = serviceOf(settings);
const payment = serviceOf(settings, 'payment-service');
const shrinking = draftOf(auth, allocation(2), allocation(1));
const growing = draftOf(auth, allocation(1), allocation(2));

function only(drafts: readonly Draft[]): Draft {
  expect(drafts).toHaveLength(1);
  return drafts[0]!;
}

describe('the guard', () => {
  it('lets a well-founded decrease and any increase through as planned', () => {
    expect(only(guard([shrinking], guardContext(settings)))).toEqual(shrinking);
    expect(only(guard([growing], guardContext(settings)))).toEqual(growing);
  });

  it.each([
    [
      'a chain of it was never heard of',
      'no-data',
      { observation: observationOf(settings, { lastRecordSeconds: undefined }) },
    ],
    [
      'a chain of it fell silent',
      'stale-data',
      { observation: observationOf(settings, { lastRecordSeconds: NOW - 600 }) },
    ],
    [
      'a chain of it is told by others but not by it',
      'stale-data',
      { observation: observationOf(settings, { silentServices: new Set(['auth-service']) }) },
    ],
    [
      'another service of its chain tells nothing',
      'no-data',
      { observation: observationOf(settings, { silentServices: new Set(['payment-service']) }) },
    ],
    [
      'it carries a chain that it is not configured for',
      'no-data',
      { observation: { ...observationOf(settings), unlisted: new Map([['auth-service', 'surprise']]) } },
    ],
    [
      'traffic is not watched for long enough',
      'warming-up',
      { observation: { ...observationOf(settings), firstRecordSeconds: NOW - 10 } },
    ],
    [
      'its requests fail',
      'errors',
      { observation: { ...observationOf(settings), errorRatios: new Map([['auth-service', 0.2]]) } },
    ],
    [
      'a chain of it violates its SLO',
      'would-violate',
      { observation: observationOf(settings, { violating: 'slow' }) },
    ],
    ['its profile is not trusted', 'low-confidence', { profiles: confidentProfiles(0.01) }],
    ['it has no profile', 'low-confidence', { profiles: new PerformanceImpactQuantifier() }],
    ['it was shrunk a moment ago', 'stabilizing', { shrunkSeconds: new Map([['auth-service', NOW - 20]]) }],
    [
      'as much was planned a little while ago',
      'stabilizing',
      { recentPlans: new Map([['auth-service', [allocation(2)]]]) },
    ],
  ] as const)('does not shrink a service when %s', (_, reason, changes) => {
    const held = only(guard([shrinking], guardContext(settings, changes)));
    expect(held).toMatchObject({ target: allocation(2), reason });
    expect(held.explanation).toMatch(/^(Stays at|Goes no lower than) 1 × 2 cores/);
    expect(only(guard([growing], guardContext(settings, changes)))).toEqual(growing);
  });

  it('takes a quiet chain for quiet and not for silent', () => {
    const quiet = observationOf(settings, { lastRecordSeconds: NOW - 600, usualRate: 0.001 });
    expect(only(guard([shrinking], guardContext(settings, { observation: quiet }))).target).toEqual(
      allocation(1),
    );
  });

  it('takes the part of a silent service for known where there are end-to-end samples', () => {
    const profiles = confidentProfiles(1);
    profiles.composition = () => ({ factor: 1, overheadSeconds: 0, windows: 5 });
    const observation = observationOf(settings, { silentServices: new Set(['payment-service']) });
    expect(only(guard([shrinking], guardContext(settings, { observation, profiles }))).target).toEqual(
      allocation(1),
    );
  });

  it('puts the same capacity into fewer instances only on evidence', () => {
    const reshaped = draftOf(auth, allocation(1, 3), allocation(3, 1));
    expect(only(guard([reshaped], guardContext(settings))).target).toEqual(allocation(3, 1));
    const unsure = guardContext(settings, { profiles: confidentProfiles(0) });
    expect(only(guard([reshaped], unsure))).toMatchObject({
      target: allocation(1, 3),
      reason: 'low-confidence',
    });
  });

  it('changes nothing on a plan that is no positive number', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 0, -1]) {
      const held = only(guard([draftOf(auth, allocation(2), allocation(bad))], guardContext(settings)));
      expect(held).toMatchObject({ target: allocation(2), reason: 'invalid-data' });
    }
  });

  it('shrinks by the largest step at most, and says where to', () => {
    const far = draftOf(auth, allocation(4, 1, 8192), allocation(0.3, 1, 512));
    const stepped = only(guard([far], guardContext(settings)));
    expect(stepped).toMatchObject({ target: allocation(2, 1, 4096), reason: 'largest-step' });
    expect(stepped.explanation).toContain('on the way to 1 × 0.3 cores, 512 MiB');
  });

  it('does not bother with a small decrease', () => {
    const small = draftOf(auth, allocation(2), allocation(1.95));
    expect(only(guard([small], guardContext(settings)))).toMatchObject({
      target: allocation(2),
      reason: 'small-decrease',
    });
  });

  it('stabilizes down to the most that was planned, not all the way up', () => {
    const recentPlans = new Map([['auth-service', [allocation(0.5), allocation(1.5)]]]);
    const context = guardContext(settings, { recentPlans });
    expect(only(guard([shrinking], context)).target).toEqual(allocation(1.5));
  });

  it('spends the change budget on the services that give back most', () => {
    const tight = settingsWith({ changeBudget: 0.5 });
    const larger = draftOf(payment, allocation(4), allocation(2));
    const [first, second] = guard([shrinking, larger], guardContext(tight));
    expect(first).toMatchObject({ target: allocation(2), reason: 'change-budget' });
    expect(second).toMatchObject({ target: allocation(2), reason: 'cheaper' });
  });

  it('cancels decreases in a chain that would violate, and no others', () => {
    const elsewhere = draftOf(payment, allocation(2), allocation(1));
    const context = guardContext(settings, {
      evaluate: (allocations) =>
        new Map([
          ['user-registration', (allocations.get('auth-service')?.cpu ?? 0) < 2 ? 0.3 : 0.1],
          ['subscription-management', 0.1],
        ]),
    });
    const [first, second] = guard([shrinking, elsewhere], context);
    expect(first).toMatchObject({ target: allocation(2), reason: 'would-violate' });
    expect(first?.explanation).toContain('user-registration would be at 300 ms of 200 ms');
    expect(second).toEqual(elsewhere);
  });

  it('holds increases too while the operator has paused changes', () => {
    const paused = settingsWith({ paused: true });
    expect(only(guard([growing], guardContext(paused)))).toMatchObject({
      target: allocation(1),
      reason: 'paused',
    });
  });

  it('leaves even what lies outside of the bounds while paused', () => {
    const paused = settingsWith({ paused: true });
    const outside = draftOf(auth, { cpu: 6, memory: 16_384, instances: 12 }, allocation(1));
    expect(only(guard([outside], guardContext(paused)))).toMatchObject({
      target: { cpu: 6, memory: 16_384, instances: 12 },
      reason: 'paused',
    });
  });

  it('brings what lies outside of the bounds back into them, and says so', () => {
    const outside = draftOf(auth, { cpu: 6, memory: 16_384, instances: 12 }, allocation(1));
    const context = guardContext(settings, { profiles: confidentProfiles(0) });
    expect(only(guard([outside], context))).toMatchObject({
      target: { cpu: 4, memory: 8192, instances: 10 },
      reason: 'bounds',
    });
  });

  it('never makes a plan less safe, whatever it is given', () => {
    const shape = fc.record({
      cpu: fc.integer({ min: 2, max: 80 }).map((steps) => steps * 0.05),
      memory: fc.integer({ min: 128, max: 8192 }),
      instances: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(shape, shape, fc.array(shape, { maxLength: 3 }), (baseline, target, plans) => {
        const draft = draftOf(auth, baseline, target);
        const guarded = only(
          guard([draft], guardContext(settings, { recentPlans: new Map([[auth.id, plans]]) })),
        );
        const least = Math.min(capacityCores(auth, baseline), capacityCores(auth, target));
        expect(capacityCores(auth, guarded.target)).toBeGreaterThanOrEqual(least - 1e-9);
        expect(guarded.target.memory).toBeGreaterThanOrEqual(Math.min(baseline.memory, target.memory));
        // An increase is never held back.
        if (!takesAway(auth, baseline, target)) expect(guarded.target).toEqual(target);
        expect(guarded.target.instances).toBeLessThanOrEqual(auth.maxInstances);
        expect(guarded.target.cpu).toBeLessThanOrEqual(auth.maxCpu);
      }),
    );
  });
});

describe('in a freeze window', () => {
  const window = {
    kind: 'once',
    fromSeconds: NOW - 60,
    untilSeconds: NOW + 3600,
    reason: 'launch',
    timezone: 'Europe/Berlin',
  } as const;
  const inWindow = (growth: 'allow' | 'hold', changes = {}) =>
    guardContext(settingsWith({ freezeWindows: [{ ...window, growth }], ...changes }));

  it('nothing shrinks, and the sentence names the window and its end', () => {
    expect(only(guard([shrinking], inWindow('allow')))).toMatchObject({
      target: allocation(2),
      planned: allocation(1),
      reason: 'frozen',
      explanation:
        'Stays at 1 × 2 cores, 1024 MiB: everything but growing is frozen until 2027-01-15 10:00 Europe/Berlin ("launch") (wanted: 1 × 1 cores, 1024 MiB).',
    });
  });

  it('growing goes on, unless the window holds it too', () => {
    expect(only(guard([growing], inWindow('allow')))).toEqual(growing);
    expect(only(guard([growing], inWindow('hold')))).toMatchObject({
      target: allocation(1),
      reason: 'frozen',
      explanation: expect.stringContaining('all changes are frozen until'),
    });
  });

  it('nothing changes its shape, and memory alone may grow', () => {
    const reshaped = draftOf(auth, allocation(1, 3), allocation(3, 1));
    const spread = draftOf(auth, allocation(3, 1), allocation(1, 3, 2048));
    expect(only(guard([reshaped], inWindow('allow')))).toMatchObject({
      target: allocation(1, 3),
      reason: 'frozen',
    });
    expect(only(guard([spread], inWindow('allow')))).toMatchObject({
      target: allocation(3, 1, 2048),
      reason: 'frozen',
      explanation: expect.stringMatching(/^Goes to 1 × 3 cores, 2048 MiB/),
    });
  });

  it('what lies above its bounds stays, and a pause is named before the window', () => {
    const outside = draftOf(auth, { cpu: 6, memory: 16_384, instances: 12 }, allocation(1));
    expect(only(guard([outside], inWindow('allow'))).target).toEqual({
      cpu: 6,
      memory: 16_384,
      instances: 12,
    });
    expect(only(guard([growing], inWindow('allow', { paused: true }))).reason).toBe('paused');
  });

  it('that has ended, everything is as before', () => {
    const over = settingsWith({ freezeWindows: [{ ...window, untilSeconds: NOW, growth: 'hold' }] });
    expect(only(guard([shrinking], guardContext(over)))).toEqual(shrinking);
  });
});
