import { describe, expect, it } from 'vitest';
import { ClusterWatch } from '../../../src/control/cluster/cluster-watch.ts';
import { ChangeLog } from '../../../src/control/rollouts/change-log.ts';
import { Rollouts } from '../../../src/control/rollouts/rollouts.ts';
import type { ChangeOutcome } from '../../../src/models/changes.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { Decision, ServiceStatus } from '../../../src/models/decisions.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { Journal } from '../../../src/store/journal.ts';
import { change, decision } from '../../store/samples.ts';
import { NOW, settingsWith } from '../fixtures.ts';
import { partsOf } from '../parts.ts';
import { BEFORE, ScriptedExecutor } from './scripted-executor.ts';

function inMode(settings: Settings, mode: ServiceMode): Settings {
  const services = new Map([...settings.topology.services].map(([id, spec]) => [id, { ...spec, mode }]));
  return { ...settings, topology: { ...settings.topology, services } };
}

function rolloutsOf(mode: ServiceMode = 'rolling') {
  const parts = partsOf(inMode(settingsWith(), mode));
  const executor = new ScriptedExecutor();
  const all = Object.assign(parts, { executor });
  const rollouts = new Rollouts(all, new ClusterWatch(all));
  return { ...all, parts: all, rollouts, executor };
}

/** auth-service and payment-service share order-processing. */
function decided(id: string, services: Record<string, ServiceStatus>): Decision {
  const made = decision(id, NOW, services);
  const current = { cpu: 1, memory: 512, instances: 2, source: 'cluster' as const, sinceSeconds: NOW - 60 };
  const decidedOn = made.services.map((one) => ({ ...one, cpu: 2, memory: 1024, instances: 3, current }));
  return { ...made, services: decidedOn };
}

describe('carrying out a decision', () => {
  it('grows first, waits until that runs, and then shrinks', async () => {
    const { rollouts, executor } = rolloutsOf();
    rollouts.begin(decided('d1', { 'payment-service': 'shrink', 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(executor.calls).toEqual([
      'check auth-service',
      'check payment-service',
      'write auth-service',
      'applied auth-service',
      'write payment-service',
      'applied payment-service',
    ]);
  });

  it.each([
    ['is refused', { kind: 'refused', reason: 'An autoscaler.' }, undefined],
    ['is held', { kind: 'held', reason: 'API down.' }, undefined],
    ['does not come up', undefined, { kind: 'restored', reason: 'No room.' }],
    ['cannot be put back', undefined, { kind: 'failed', reason: 'No room.' }],
  ] as const)('does not shrink a service of a chain in which a growth %s', async (_, check, outcome) => {
    const { rollouts, executor, changes } = rolloutsOf();
    if (check !== undefined) executor.checks.set('auth-service', check);
    if (outcome !== undefined) executor.outcomes.set('auth-service', outcome);
    rollouts.begin(decided('d1', { 'auth-service': 'grow', 'payment-service': 'shrink' }));
    await rollouts.settled();
    expect(executor.calls).not.toContain('write payment-service');
    expect(changes.latest().get('payment-service')).toMatchObject({
      status: 'held',
      detail: expect.stringContaining('order-processing'),
    });
  });

  it('does not drop what waits for its turn when services were resized in place meanwhile', async () => {
    const { rollouts, executor } = rolloutsOf();
    let finish: (outcome: ChangeOutcome) => void = () => undefined;
    executor.outcomes.set('auth-service', new Promise((resolve) => (finish = resolve)));
    rollouts.begin(decided('d1', { 'auth-service': 'grow', 'payment-service': 'shrink' }));
    await new Promise(setImmediate);
    const inPlace = decided('d2', { 'auth-service': 'keep', 'payment-service': 'keep' });
    const services = inPlace.services.map((service) => ({ ...service, mode: 'rolling' as const }));
    rollouts.begin({ ...inPlace, services, trigger: 'in-place' });
    finish({ kind: 'applied', reason: 'Runs.' });
    await rollouts.settled();
    expect(executor.calls).toContain('applied payment-service');
  });

  it('writes nothing of services that are only recommended, kept or held', async () => {
    const recommending = rolloutsOf('recommend');
    recommending.rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await recommending.rollouts.settled();
    expect(recommending.executor.calls).toEqual([]);
    const { rollouts, executor } = rolloutsOf();
    rollouts.begin(decided('d1', { 'auth-service': 'keep', 'payment-service': 'hold' }));
    await rollouts.settled();
    expect(executor.calls).toEqual([]);
  });

  it('says once why nothing is written, and writes nothing', async () => {
    const { rollouts, executor, logger } = rolloutsOf();
    executor.idleBecause = 'another replica leads';
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    rollouts.begin(decided('d2', { 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(executor.calls).toEqual([]);
    expect(logger.warnings).toHaveLength(1);
  });

  it('has a change in the history before it is written', async () => {
    const { rollouts, executor, store } = rolloutsOf();
    const seen: unknown[] = [];
    executor.onCall = (call) => {
      if (call.startsWith('write')) seen.push(...store.loadChanges({ limit: 9 }));
    };
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(seen).toMatchObject([{ decision: 'd1', status: 'writing', before: BEFORE }]);
    expect(store.loadChanges({ limit: 9 })).toMatchObject([{ decision: 'd1', status: 'applied' }]);
  });

  it('does not begin a change that the history cannot take', async () => {
    const { parts, executor, history, logger } = rolloutsOf();
    const full = Object.assign(Object.create(history), {
      saveChange: () => {
        throw new Error('disk full');
      },
    });
    const store = new Journal(full, logger);
    const changes = new ChangeLog(store);
    const rollouts = new Rollouts({ ...parts, changes }, new ClusterWatch(parts));
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(executor.calls).toEqual(['check auth-service']);
    expect(changes.latest().get('auth-service')).toMatchObject({ status: 'held' });
  });

  it('leaves a service alone that a change is under way of', async () => {
    const { rollouts, executor } = rolloutsOf();
    let finish: (outcome: { kind: 'applied'; reason: string }) => void = () => undefined;
    executor.outcomes.set('auth-service', new Promise((resolve) => (finish = resolve)));
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await expect.poll(() => executor.calls).toContain('write auth-service');
    rollouts.begin(decided('d2', { 'auth-service': 'grow', 'payment-service': 'grow' }));
    await expect.poll(() => executor.calls).toContain('applied payment-service');
    finish({ kind: 'applied', reason: 'Runs.' });
    await rollouts.settled();
    expect(executor.carried.map((change) => `${change.decision} ${change.service.id}`)).toEqual([
      'd1 auth-service',
      'd2 payment-service',
    ]);
  });

  it('drops what waits for its turn when a newer decision asks for something else, or for nothing', async () => {
    const { rollouts, executor } = rolloutsOf();
    let finish: (outcome: { kind: 'applied'; reason: string }) => void = () => undefined;
    executor.outcomes.set('auth-service', new Promise((resolve) => (finish = resolve)));
    rollouts.begin(decided('d1', { 'auth-service': 'grow', 'payment-service': 'shrink' }));
    await expect.poll(() => executor.calls).toContain('write auth-service');
    rollouts.begin(decided('d2', { 'auth-service': 'hold', 'payment-service': 'grow' }));
    await expect.poll(() => executor.calls).toContain('applied payment-service');
    finish({ kind: 'applied', reason: 'Runs.' });
    await rollouts.settled();
    expect(executor.carried.map((change) => `${change.decision} ${change.service.id}`)).toEqual([
      'd1 auth-service',
      'd2 payment-service',
    ]);
  });

  it('does not begin what was paused, or taken out of its mode, before it was its turn', async () => {
    const { parts, rollouts, executor, changes } = rolloutsOf();
    executor.onCall = (call) => {
      if (call === 'write auth-service')
        parts.settings = { ...parts.settings, control: { ...parts.settings.control, paused: true } };
    };
    rollouts.begin(decided('d1', { 'auth-service': 'grow', 'payment-service': 'shrink' }));
    await rollouts.settled();
    expect(executor.calls).not.toContain('write payment-service');
    expect(changes.latest().get('payment-service')?.detail).toContain('paused');
  });

  it('writes nothing where something else runs by now than what was decided on', async () => {
    const { rollouts, executor, changes } = rolloutsOf();
    executor.checks.set('auth-service', { kind: 'ready', before: { ...BEFORE, instances: 8 } });
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(executor.calls).toEqual(['check auth-service']);
    expect(changes.latest().get('auth-service')).toMatchObject({
      status: 'held',
      detail: expect.stringContaining('8 × 1 cores, 512 MiB by now'),
    });
  });

  it('ends a change whose executor is at fault, and makes the others', async () => {
    const { parts, rollouts, executor, changes } = rolloutsOf();
    const carryOut = executor.carryOut.bind(executor);
    executor.carryOut = (change) =>
      change.service.id === 'auth-service' ? Promise.reject(new Error('a bug')) : carryOut(change);
    rollouts.begin(decided('d1', { 'auth-service': 'grow', 'payment-service': 'grow' }));
    await rollouts.settled();
    expect(changes.underWay()).toEqual([]);
    expect(changes.latest().get('auth-service')).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('a bug'),
    });
    expect(changes.latest().get('payment-service')).toMatchObject({ status: 'applied' });
    executor.check = () => Promise.reject(new Error('another bug'));
    expect(await rollouts.undo('payment-service')).toMatchObject({ kind: 'not-undone' });
    executor.check = async () => ({ kind: 'ready', before: BEFORE });
    rollouts.begin(decided('d2', { 'payment-service': 'grow' }));
    await rollouts.settled();
    expect(executor.carried.at(-1)).toMatchObject({ decision: 'd2' });
    expect(JSON.stringify(parts.logger.warnings)).toContain('another bug');
  });

  it.each([
    ['allow', ['write auth-service', 'applied auth-service']],
    ['hold', []],
  ] as const)(
    'does not shrink in a freeze window that opened meanwhile (growth: %s)',
    async (growth, written) => {
      const { parts, rollouts, executor, changes } = rolloutsOf();
      // More than the 3 × 2 cores that the decision leaves it.
      const large = { ...BEFORE, requests: { cpu: 4, memory: 2048 } };
      executor.checks.set('payment-service', { kind: 'ready', before: large });
      executor.onCall = (call) => {
        if (call !== 'check payment-service') return;
        const window = { kind: 'once', fromSeconds: NOW - 1, untilSeconds: NOW + 60 } as const;
        const freezeWindows = [{ ...window, growth, reason: 'launch', timezone: 'UTC' }];
        parts.settings = { ...parts.settings, control: { ...parts.settings.control, freezeWindows } };
      };
      const made = decided('d1', { 'auth-service': 'grow', 'payment-service': 'shrink' });
      const services = made.services.map((one) =>
        one.id === 'payment-service' ? { ...one, current: { ...one.current, cpu: 4, memory: 2048 } } : one,
      );
      rollouts.begin({ ...made, services });
      await rollouts.settled();
      expect(executor.calls.filter((call) => !call.startsWith('check'))).toEqual(written);
      const stopped = growth === 'allow' ? 'payment-service' : 'auth-service';
      expect(changes.latest().get(stopped)).toMatchObject({
        status: 'held',
        detail: expect.stringContaining('launch'),
      });
    },
  );

  it('keeps the same refusal of every pass once, and counts each', async () => {
    const { rollouts, executor, store, changes } = rolloutsOf();
    executor.checks.set('auth-service', { kind: 'refused', reason: 'An autoscaler.' });
    for (const id of ['d1', 'd2', 'd3']) {
      rollouts.begin(decided(id, { 'auth-service': 'grow' }));
      await rollouts.settled();
    }
    expect(store.loadChanges({ limit: 9 })).toHaveLength(1);
    expect(changes.counts.refused).toBe(3);
  });
});

describe('after a restart', () => {
  async function cutShort() {
    const first = rolloutsOf();
    first.executor.outcomes.set(
      'auth-service',
      new Promise((resolve) => {
        first.executor.onCall = (call) => {
          if (call === 'stop') resolve({ kind: 'held', reason: 'stopping' });
        };
      }),
    );
    first.rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await expect.poll(() => first.executor.calls).toContain('write auth-service');
    const stopped = first.rollouts.stop();
    first.executor.onCall('stop');
    await stopped;
    return first;
  }

  it('goes on with the change that was cut short', async () => {
    const { store, parts } = await cutShort();
    expect(store.loadChanges({ limit: 1 })).toMatchObject([{ status: 'writing' }]);
    const executor = new ScriptedExecutor();
    const changes = new ChangeLog(store);
    changes.restore();
    const again = new Rollouts({ ...parts, executor, changes }, new ClusterWatch({ ...parts, executor }));
    again.start();
    await again.settled();
    expect(executor.calls).toEqual(['resume auth-service', 'applied auth-service']);
    expect(store.loadChanges({ limit: 1 })).toMatchObject([{ status: 'applied', before: BEFORE }]);
  });
});

describe('a change that is under way', () => {
  it('is gone on with after a restart, also when another one was held meanwhile', async () => {
    const { rollouts, executor, store, changes } = rolloutsOf();
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    let hold: (outcome: { kind: 'held'; reason: string }) => void = () => undefined;
    const check = executor.check.bind(executor);
    executor.check = (change) =>
      change.decision === 'd2' ? new Promise((resolve) => (hold = resolve)) : check(change);
    executor.outcomes.set('auth-service', new Promise(() => undefined));
    rollouts.begin(decided('d2', { 'auth-service': 'grow' }));
    void rollouts.undo('auth-service');
    await expect.poll(() => changes.underWay()).toHaveLength(1);
    hold({ kind: 'held', reason: 'A rollout is under way.' });
    await expect.poll(() => store.loadChanges({ limit: 9 })).toHaveLength(3);
    const restored = new ChangeLog(store);
    restored.restore();
    for (const log of [changes, restored])
      expect(log.underWay()).toMatchObject([{ decision: 'undo-d1', status: 'writing' }]);
  });
});

describe('undoing', () => {
  it('puts back what ran before a change that failed half way', async () => {
    const { rollouts, executor } = rolloutsOf();
    executor.outcomes.set('auth-service', { kind: 'failed', reason: 'No room, and no way back.' });
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    executor.outcomes.clear();
    expect(await rollouts.undo('auth-service')).toMatchObject({
      kind: 'undone',
      change: { decision: 'undo-d1', to: { cpu: 1, memory: 512, instances: 2 } },
    });
    expect(await rollouts.undo('auth-service')).toMatchObject({ kind: 'not-undone' });
  });

  it('puts back what ran before, with its limits, and once', async () => {
    const { rollouts, executor } = rolloutsOf();
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(await rollouts.undo('auth-service')).toMatchObject({
      kind: 'undone',
      change: { decision: 'undo-d1', status: 'applied' },
    });
    expect(executor.carried.at(-1)).toMatchObject({
      to: { cpu: 1, memory: 512, instances: 2 },
      limits: BEFORE.limits,
    });
    expect(await rollouts.undo('auth-service')).toMatchObject({ kind: 'not-undone' });
  });

  it('finds what was made behind any number of changes that were held since', async () => {
    const { rollouts, store } = rolloutsOf();
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    for (let at = 0; at < 250; at += 1) {
      const detail = `${at} of 250 instances are ready.`;
      store.saveChange({ ...change(`held-${at}`, 'auth-service', NOW + at), status: 'held', detail });
    }
    expect(await rollouts.undo('auth-service')).toMatchObject({ change: { decision: 'undo-d1' } });
  });

  it('that begins a second time is gone on with after a restart, also when another change failed between', async () => {
    const { rollouts, store, executor } = rolloutsOf();
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    executor.outcomes.set('auth-service', { kind: 'restored', reason: 'No room.' });
    await rollouts.undo('auth-service');
    rollouts.begin(decided('d2', { 'auth-service': 'grow' }));
    await rollouts.settled();
    executor.outcomes.set('auth-service', new Promise(() => undefined));
    void rollouts.undo('auth-service');
    await expect.poll(() => store.loadChanges({ limit: 1, statuses: ['writing'] })).toHaveLength(1);
    const restored = new ChangeLog(store);
    restored.restore();
    expect(restored.underWay()).toMatchObject([{ decision: 'undo-d1', status: 'writing' }]);
  });

  it('goes back step by step', async () => {
    const { rollouts } = rolloutsOf();
    for (const id of ['d1', 'd2']) {
      rollouts.begin(decided(id, { 'auth-service': 'grow' }));
      await rollouts.settled();
    }
    expect(await rollouts.undo('auth-service')).toMatchObject({ change: { decision: 'undo-d2' } });
    expect(await rollouts.undo('auth-service')).toMatchObject({ change: { decision: 'undo-d1' } });
  });

  it.each([
    ['nothing was applied', 'is left to undo', () => undefined],
    [
      'it was refused',
      'Forbidden.',
      (executor: ScriptedExecutor) =>
        executor.checks.set('auth-service', { kind: 'refused', reason: 'Forbidden.' }),
    ],
    [
      'nothing can be written',
      'no cluster',
      (executor: ScriptedExecutor) => (executor.idleBecause = 'no cluster'),
    ],
  ])('says why not when %s', async (name, reason, prepare) => {
    const { rollouts, executor } = rolloutsOf();
    if (name !== 'nothing was applied') {
      rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
      await rollouts.settled();
    }
    prepare(executor);
    expect(await rollouts.undo('auth-service')).toEqual({
      kind: 'not-undone',
      reason: expect.stringContaining(reason),
    });
  });
});

describe('after a change that did not come up', () => {
  it('the next try waits ten minutes, then twice as long each time, at most two hours', async () => {
    const { rollouts, executor, changes, clock } = rolloutsOf();
    executor.outcomes.set('auth-service', { kind: 'restored', reason: 'No room.' });
    const waits: number[] = [];
    for (const id of ['d1', 'd2', 'd3', 'd4', 'd5', 'd6']) {
      rollouts.begin(decided(id, { 'auth-service': 'grow' }));
      await rollouts.settled();
      const now = clock.nowSeconds();
      waits.push(changes.setback('auth-service', now)!.untilSeconds - now);
    }
    expect(waits).toEqual([600, 1200, 2400, 4800, 7200, 7200]);
    expect(changes.setback('auth-service', clock.nowSeconds() + 7200)).toBeUndefined();
  });

  it('is not forgotten over one that was held since', async () => {
    const { rollouts, executor, changes, clock } = rolloutsOf();
    executor.outcomes.set('auth-service', { kind: 'restored', reason: 'No room.' });
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    executor.checks.set('auth-service', { kind: 'held', reason: 'A rollout is under way.' });
    rollouts.begin(decided('d2', { 'auth-service': 'shrink' }));
    await rollouts.settled();
    expect(changes.latest().get('auth-service')).toMatchObject({ status: 'held' });
    expect(changes.setback('auth-service', clock.nowSeconds())?.change.decision).toBe('d1');
  });

  it('is not forgotten by a restart, and by a success it is', async () => {
    const { rollouts, executor, store, changes, clock } = rolloutsOf();
    executor.outcomes.set('auth-service', { kind: 'failed', reason: 'No room.' });
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await rollouts.settled();
    const restored = new ChangeLog(store);
    restored.restore();
    expect(restored.setback('auth-service', clock.nowSeconds())?.change.detail).toBe('No room.');
    executor.outcomes.clear();
    rollouts.begin(decided('d2', { 'auth-service': 'grow' }));
    await rollouts.settled();
    expect(changes.setback('auth-service', clock.nowSeconds())).toBeUndefined();
  });
});
