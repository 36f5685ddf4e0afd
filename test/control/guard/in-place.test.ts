import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/control/draft.ts';
import { guard } from '../../../src/control/guard/guard.ts';
import type { GuardContext } from '../../../src/control/guard/guard-step.ts';
import type { ChainObservation } from '../../../src/control/observe/observation.ts';
import type { LatencyProfile } from '../../../src/models/profiles.ts';
import type { Settings } from '../../../src/models/settings.ts';
import {
  allocation,
  confidentProfiles,
  draftOf,
  guardContext,
  NOW,
  observationOf,
  profileOf,
  serviceOf,
  settingsWith,
} from '../fixtures.ts';
import { inPlaceSettings } from '../in-place/watched.ts';

const inPlace = inPlaceSettings();
const rolling = settingsWith();
/** The chain of both services goes through one that is rolled out. */
const mixed: Settings = {
  ...inPlace,
  topology: {
    ...inPlace.topology,
    services: new Map([
      ...inPlace.topology.services,
      ['payment-service', { ...serviceOf(inPlace, 'payment-service'), mode: 'rolling' }],
    ]),
  },
};

/** What becomes of a decrease of a service from 2 cores to 1. */
function shrunk(settings: Settings, changes: Partial<GuardContext> = {}): Draft {
  const draft = draftOf(serviceOf(settings), allocation(2), allocation(1));
  return guard([draft], guardContext(settings, changes))[0]!;
}

const observed = (settings: Settings, changes: Partial<ChainObservation>) => ({
  observation: observationOf(settings, changes),
});

/** Of its chains the strictest objective is 200 ms. */
const latest = (latency: number) => ({ latest: { rate: 10, latency, serviceSeconds: new Map() } });

describe('the guard of services of which all chains are in place', () => {
  it('does not shrink what was over its SLO in the last seconds', () => {
    expect(shrunk(inPlace, observed(inPlace, latest(0.21)))).toMatchObject({
      target: allocation(2),
      reason: 'would-violate',
    });
    expect(shrunk(inPlace, observed(inPlace, latest(0.19))).target).toEqual(allocation(1));
    expect(shrunk(inPlace, observed(inPlace, { latest: undefined })).target).toEqual(allocation(1));
  });

  it('lets grow what was', () => {
    const growing = draftOf(serviceOf(inPlace), allocation(1), allocation(2));
    const context = guardContext(inPlace, observed(inPlace, latest(3)));
    expect(guard([growing], context)[0]).toEqual(growing);
  });

  it('shrinks where the objective is given up for others', () => {
    const givenUp = new Set(inPlace.topology.chains.keys());
    expect(shrunk(inPlace, { ...observed(inPlace, latest(3)), givenUp }).target).toEqual(allocation(1));
  });

  it('leaves a few seconds to the longer judgement where a rollout would follow', () => {
    for (const settings of [rolling, mixed])
      expect(shrunk(settings, observed(settings, latest(0.21))).target).toEqual(allocation(1));
  });
});

describe('the guard of services whose chain falls silent', () => {
  const silent = (seconds: number, usualRate: number | undefined = 10) => ({
    lastRecordSeconds: NOW - seconds,
    usualRate,
  });

  it('does not shrink them in place as soon as more than 20 requests are missed', () => {
    for (const settings of [inPlace, mixed]) {
      const held = shrunk(settings, observed(settings, silent(6)));
      expect(held).toMatchObject({ target: allocation(2), reason: 'stale-data' });
      expect(held.explanation).toContain('for 6 s');
    }
    expect(shrunk(inPlace, observed(inPlace, silent(15, 1.4))).reason).toBe('stale-data');
  });

  it('shrinks where as long a silence is no more than records take, or than chance', () => {
    expect(shrunk(inPlace, observed(inPlace, silent(4))).target).toEqual(allocation(1));
    expect(shrunk(inPlace, observed(inPlace, silent(15, 1.2))).target).toEqual(allocation(1));
    expect(shrunk(inPlace, observed(inPlace, silent(-3))).target).toEqual(allocation(1));
    // It is not known what is usual: only after control.stale_after.
    const unknown = { lastRecordSeconds: NOW - 30, usualRate: undefined };
    expect(shrunk(inPlace, observed(inPlace, unknown)).target).toEqual(allocation(1));
  });

  it('knows that what Prometheus tells comes later', () => {
    const prometheus = { step: 15, delay: 10 } as Settings['prometheus'];
    const late: Settings = { ...inPlace, ...(prometheus && { prometheus }) };
    expect(shrunk(late, observed(late, silent(29))).target).toEqual(allocation(1));
    expect(shrunk(late, observed(late, silent(31))).reason).toBe('stale-data');
  });

  it('waits for longer where a rollout would follow', () => {
    expect(shrunk(rolling, observed(rolling, silent(30))).target).toEqual(allocation(1));
  });
});

describe('the guard of services whose profiles are not trusted', () => {
  const DEMAND = 0.01;
  const profiled = (changes: Partial<LatencyProfile>) => {
    const profiles = confidentProfiles(0);
    const known = { confidence: 0, demandCoreSeconds: DEMAND, ...changes };
    profiles.profile = (service, chain) => profileOf(service, chain, known);
    return { profiles };
  };
  const width = (share: number): Partial<LatencyProfile> => ({
    demandSource: 'measured-cpu',
    demandInterval: [DEMAND, (1 + share) * DEMAND],
  });

  it('shrinks them by quota alone, where the demand is known from the CPU that was used', () => {
    expect(shrunk(inPlace, profiled(width(0.4))).target).toEqual(allocation(1));
    for (const settings of [rolling, mixed])
      expect(shrunk(settings, profiled(width(0.4)))).toMatchObject({
        target: allocation(2),
        reason: 'low-confidence',
      });
  });

  it('does not where the demand is not known, or was not measured', () => {
    const held = { target: allocation(2), reason: 'low-confidence' };
    expect(shrunk(inPlace, profiled(width(0.6)))).toMatchObject(held);
    expect(shrunk(inPlace, profiled({ ...width(0), demandInterval: [0, Infinity] }))).toMatchObject(held);
    for (const demandSource of ['curvature', 'bound', 'record-cpu'] as const)
      expect(shrunk(inPlace, profiled({ ...width(0.1), demandSource }))).toMatchObject(held);
  });

  it('needs that of every chain', () => {
    const profiles = confidentProfiles(0);
    profiles.profile = (service, chain) =>
      profileOf(service, chain, { confidence: 0, ...width(chain === 'order-processing' ? 0.9 : 0.1) });
    const held = shrunk(inPlace, { profiles });
    expect(held.reason).toBe('low-confidence');
    expect(held.explanation).toContain('order-processing');
  });
});

describe('the guard of services whose decreases need not be wanted for long', () => {
  const recentPlans = new Map([['auth-service', [allocation(2)]]]);

  it('does not ask what was planned before', () => {
    const at = (stabilization: number) =>
      inPlaceSettings({ inPlace: { interval: 15, stabilization, minDecrease: 0.02 } });
    expect(shrunk(at(0), { recentPlans }).target).toEqual(allocation(1));
    expect(shrunk(at(30), { recentPlans })).toMatchObject({ target: allocation(2), reason: 'stabilizing' });
  });

  it('asks that of others', () => {
    expect(shrunk(settingsWith({ stabilization: 300 }), { recentPlans }).target).toEqual(allocation(2));
  });
});
