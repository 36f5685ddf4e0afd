import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/control/draft.ts';
import { guard } from '../../../src/control/guard/guard.ts';
import type { GuardContext } from '../../../src/control/guard/guard-step.ts';
import type { ChangeRecord, TargetReading } from '../../../src/models/changes.ts';
import { allocation, draftOf, guardContext, NOW, serviceOf, settingsWith } from '../fixtures.ts';

const settings = settingsWith();
const auth = { ...serviceOf(settings), mode: 'rolling' as const };
const growing = draftOf(auth, allocation(1), allocation(2));
const shrinking = draftOf(auth, allocation(2), allocation(1));

type Running = Extract<TargetReading, { kind: 'running' }>;

const RUNNING: Running = {
  kind: 'running',
  target: 'Deployment shop/auth',
  state: { requests: { cpu: 1, memory: 1024 }, limits: {}, instances: 1 },
  instancesReady: 1,
  rolling: false,
  version: 'v1',
  qos: 'Burstable',
};

const CHANGE: ChangeRecord = {
  service: 'auth-service',
  decision: 'd7',
  atSeconds: NOW - 40,
  status: 'writing',
  to: allocation(2),
  detail: 'No room.',
};

function reading(changes: Partial<Running>): Partial<GuardContext> {
  return { targets: { reading: () => ({ ...RUNNING, ...changes }) } };
}

function only(draft: Draft, context: Partial<GuardContext>): Draft {
  return guard([draft], guardContext(settings, context))[0]!;
}

const inTheWay: readonly (readonly [string, string, string, Partial<GuardContext>])[] = [
  [
    'its target cannot be read',
    'target-unreadable',
    'forbidden',
    { targets: { reading: () => ({ kind: 'unreadable', reason: 'forbidden' }) } },
  ],
  [
    'an autoscaler decides on it',
    'autoscaled',
    'HorizontalPodAutoscaler shop/auth',
    reading({ autoscaler: 'HorizontalPodAutoscaler shop/auth' }),
  ],
  ['its instances are being replaced', 'rolling-out', 'being replaced', reading({ rolling: true })],
  [
    'a change of it is under way',
    'rolling-out',
    'd7 has been rolled out for 40 s',
    { changes: { latest: () => new Map([['auth-service', CHANGE]]), setback: () => undefined } },
  ],
];

describe('a service that is written to', () => {
  it.each(inTheWay)('is neither grown nor shrunk while %s', (_, reason, words, context) => {
    for (const draft of [growing, shrinking]) {
      const held = only(draft, context);
      expect(held).toMatchObject({ reason, target: draft.baseline });
      expect(held.explanation).toContain(words);
    }
  });

  it.each(inTheWay)(
    'and one that is only recommended is planned all the same while %s',
    (_, __, ___, context) => {
      const recommended = { ...growing, service: serviceOf(settings) };
      expect(only(recommended, context)).toEqual(recommended);
    },
  );

  it('is planned as usual while nothing stands in the way', () => {
    expect(only(growing, reading({}))).toEqual(growing);
  });
});

describe('after a change that did not come up', () => {
  const setbackOf = (to: ReturnType<typeof allocation>): Partial<GuardContext> => ({
    changes: {
      latest: () => new Map(),
      setback: () => ({ change: { ...CHANGE, status: 'restored', to }, untilSeconds: NOW + 600 }),
    },
  });

  it('a growth is not tried again at once, and a decrease may still be', () => {
    const held = only(growing, setbackOf(allocation(2)));
    expect(held).toMatchObject({ reason: 'change-failed', target: allocation(1) });
    expect(held.explanation).toContain('No room.');
    expect(only(shrinking, setbackOf(allocation(3)))).toEqual(shrinking);
  });

  it('a decrease is not tried again at once, and growth may still be', () => {
    expect(only(shrinking, setbackOf(allocation(1)))).toMatchObject({ reason: 'change-failed' });
    expect(only(growing, setbackOf(allocation(0.5)))).toEqual(growing);
  });
});
