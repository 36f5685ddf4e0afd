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

describe('a service of which some instances are not ready', () => {
  const overloaded = reading({ rolling: true, instancesReady: 1, state: { ...RUNNING.state, instances: 3 } });

  it('may grow, since too much to do is what keeps instances from being ready', () => {
    expect(only(growing, overloaded)).toEqual(growing);
  });

  it('is not shrunk', () => {
    const held = only(shrinking, overloaded);
    expect(held).toMatchObject({ reason: 'rolling-out', target: allocation(2) });
    expect(held.explanation).toContain('1 of its 3 instances are ready');
  });
});

describe('a decrease in a chain in which a growth does not come', () => {
  const payment = { ...serviceOf(settings, 'payment-service'), mode: 'rolling' as const };
  const drafts = [draftOf(payment, allocation(1), allocation(2)), shrinking];
  /** The chain keeps its SLO on three cores, wherever they are. */
  const evaluate: GuardContext['evaluate'] = (allocations) => {
    const cores = [...allocations.values()].reduce((sum, { cpu }) => sum + cpu, 0);
    return new Map([['order-processing', cores < 3 ? 1 : 0.1]]);
  };
  const shrunk = (context: Partial<GuardContext>) =>
    guard(drafts, guardContext(settings, { evaluate, ...context }))[1]!;
  const failed = { ...CHANGE, service: 'payment-service', status: 'restored' as const };
  const unreadable: TargetReading = { kind: 'unreadable', reason: 'forbidden' };

  it.each<[string, Partial<GuardContext>]>([
    [
      'did not come up the last time',
      {
        changes: {
          latest: () => new Map(),
          setback: (id) =>
            id === 'payment-service' ? { change: failed, untilSeconds: NOW + 600 } : undefined,
        },
      },
    ],
    [
      'is another one to decide',
      { targets: { reading: (id) => (id === 'payment-service' ? unreadable : RUNNING) } },
    ],
  ])('is cancelled where the growth %s', (_, context) => {
    expect(shrunk({}).target).toEqual(allocation(1));
    expect(shrunk(context)).toMatchObject({ target: allocation(2), reason: 'would-violate' });
  });

  it('waits while the growth is still to come up, though it is in force by then as the cluster tells it', () => {
    const writing: ChangeRecord = {
      ...CHANGE,
      service: 'payment-service',
      before: { requests: { cpu: 1, memory: 1024 }, limits: {}, instances: 1 },
    };
    const latest = (record: ChangeRecord) => ({
      changes: { latest: () => new Map([['payment-service', record]]), setback: () => undefined },
    });
    const grown = draftOf(payment, allocation(2), allocation(2));
    const of = (record: ChangeRecord) =>
      guard([grown, shrinking], guardContext(settings, latest(record)))[1]!;
    expect(of(writing)).toMatchObject({ target: allocation(2), reason: 'rolling-out' });
    expect(of(writing).explanation).toContain('payment-service is being made larger');
    expect(of({ ...writing, status: 'applied' })).toEqual(shrinking);
    expect(of({ ...writing, to: allocation(0.5) })).toEqual(shrinking);
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

  it('that was to leave the size as it is, growth is not held', () => {
    const before = { requests: { cpu: 1, memory: 1024 }, limits: {}, instances: 1 };
    const change: ChangeRecord = { ...CHANGE, status: 'restored', before, to: allocation(1) };
    const setback = () => ({ change, untilSeconds: NOW + 600 });
    expect(only(growing, { changes: { latest: () => new Map(), setback } })).toEqual(growing);
  });

  it('a decrease is not tried again at once, and growth may still be', () => {
    expect(only(shrinking, setbackOf(allocation(1)))).toMatchObject({ reason: 'change-failed' });
    expect(only(growing, setbackOf(allocation(0.5)))).toEqual(growing);
  });
});
