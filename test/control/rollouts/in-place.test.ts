import { describe, expect, it } from 'vitest';
import { ClusterWatch } from '../../../src/control/cluster/cluster-watch.ts';
import { ChangeLog } from '../../../src/control/rollouts/change-log.ts';
import { Rollouts } from '../../../src/control/rollouts/rollouts.ts';
import type { Drift } from '../../../src/models/changes.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { Decision, ServiceStatus } from '../../../src/models/decisions.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { decision } from '../../store/samples.ts';
import { NOW, settingsWith } from '../fixtures.ts';
import { partsOf } from '../parts.ts';
import { BEFORE, ScriptedExecutor } from './scripted-executor.ts';

const UNEVEN: Drift = { kind: 'uneven', detail: '1 of 2 instances has another size.', spread: 2 };
const TEMPLATE: Drift = { kind: 'template', detail: 'The template is off.' };

function inMode(settings: Settings, mode: ServiceMode): Settings {
  const services = new Map([...settings.topology.services].map(([id, spec]) => [id, { ...spec, mode }]));
  return { ...settings, topology: { ...settings.topology, services } };
}

async function resizing(drift?: Drift) {
  const parts = Object.assign(partsOf(inMode(settingsWith(), 'in-place')), {
    executor: new ScriptedExecutor(),
  });
  const watch = new ClusterWatch(parts);
  const rollouts = new Rollouts(parts, watch);
  parts.executor.readings.set('auth-service', {
    kind: 'running',
    target: 'Deployment shop/auth-service',
    state: BEFORE,
    instancesReady: 2,
    rolling: false,
    version: 'v1',
    qos: 'Burstable',
    ...(drift !== undefined && { drift }),
  });
  await watch.look();
  const carry = async (id: string, services: Record<string, ServiceStatus>) => {
    rollouts.begin(decided(id, services));
    await rollouts.settled();
  };
  return { ...parts, parts, rollouts, watch, carry };
}

/** What runs, and the same again for what is kept. */
function decided(id: string, services: Record<string, ServiceStatus>): Decision {
  const made = decision(id, NOW, services);
  const current = { cpu: 1, memory: 512, instances: 2, source: 'cluster' as const, sinceSeconds: NOW - 60 };
  const decidedOn = made.services.map((one) => ({
    ...one,
    ...(one.status === 'keep' ? {} : { cpu: 2 }),
    current,
  }));
  return {
    ...made,
    services: decidedOn.map((one) =>
      one.status === 'keep' ? { ...one, cpu: 1, memory: 512, instances: 2 } : one,
    ),
  };
}

describe('a service that is resized in place and stays as it is', () => {
  it.each([UNEVEN, TEMPLATE])('is written again where $kind differs, and says why', async (drift) => {
    const { executor, carry } = await resizing(drift);
    await carry('d1', { 'auth-service': 'keep' });
    expect(executor.carried).toMatchObject([
      { explanation: drift.detail, to: { cpu: 1, memory: 512, instances: 2 } },
    ]);
  });

  it('is left alone where nothing differs, and while it is held', async () => {
    const even = await resizing();
    await even.carry('d1', { 'auth-service': 'keep' });
    const held = await resizing(UNEVEN);
    await held.carry('d1', { 'auth-service': 'hold' });
    expect([...even.executor.calls, ...held.executor.calls]).toEqual([]);
  });

  it('is not written again in every pass when that does not come up', async () => {
    const { executor, carry } = await resizing(TEMPLATE);
    executor.outcomes.set('auth-service', { kind: 'restored', reason: 'New instances crash.' });
    await carry('d1', { 'auth-service': 'keep' });
    await carry('d2', { 'auth-service': 'keep' });
    expect(executor.carried).toHaveLength(1);
  });

  it('gets its template after what grows', async () => {
    const { executor, carry } = await resizing(TEMPLATE);
    await carry('d1', { 'auth-service': 'keep', 'payment-service': 'grow' });
    expect(executor.calls.filter((call) => call.startsWith('write'))).toEqual([
      'write payment-service',
      'write auth-service',
    ]);
  });

  it.each([
    [2, false],
    [1.1, true],
  ])('teaches nothing while its instances differ by much: %d ×', async (spread, teaches) => {
    const { capacities, clock, watch } = await resizing({ ...UNEVEN, spread });
    const from = clock.nowSeconds();
    clock.advance(15);
    await watch.look();
    const held = capacities.throughout('auth-service', from, clock.nowSeconds());
    expect(held !== undefined).toBe(teaches);
  });
});

describe('a change that was made in place', () => {
  it('is undone in place, whatever the mode is by then', async () => {
    const { parts, executor, rollouts, carry } = await resizing();
    await carry('d1', { 'auth-service': 'grow' });
    parts.settings = inMode(parts.settings, 'recommend');
    expect(await rollouts.undo('auth-service')).toMatchObject({ kind: 'undone' });
    expect(executor.carried.at(-1)).toMatchObject({
      service: { mode: 'in-place' },
      requests: BEFORE.requests,
    });
  });

  it('is gone on with in place after a restart', async () => {
    const { parts, executor, rollouts, store } = await resizing();
    let end: (outcome: { kind: 'held'; reason: string }) => void = () => undefined;
    executor.outcomes.set('auth-service', new Promise((resolve) => (end = resolve)));
    rollouts.begin(decided('d1', { 'auth-service': 'grow' }));
    await expect.poll(() => executor.calls).toContain('write auth-service');
    const stopped = rollouts.stop();
    end({ kind: 'held', reason: 'stopping' });
    await stopped;
    const next = new ScriptedExecutor();
    const modes: ServiceMode[] = [];
    const resume = next.resume.bind(next);
    next.resume = (change) => {
      modes.push(change.service.mode);
      return resume(change);
    };
    const changes = new ChangeLog(store);
    changes.restore();
    const settings = inMode(parts.settings, 'recommend');
    const all = Object.assign(parts, { executor: next, changes, settings });
    const again = new Rollouts(all, new ClusterWatch(all));
    again.start();
    await again.settled();
    expect(modes).toEqual(['in-place']);
  });
});
