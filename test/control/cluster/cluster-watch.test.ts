import { describe, expect, it } from 'vitest';
import { ClusterWatch } from '../../../src/control/cluster/cluster-watch.ts';
import { restoreHistory } from '../../../src/control/restore.ts';
import type { TargetReading } from '../../../src/models/changes.ts';
import { partsOf } from '../parts.ts';
import { ScriptedExecutor } from '../rollouts/scripted-executor.ts';

type Running = Extract<TargetReading, { kind: 'running' }>;

function running(changes: Partial<Running> = {}): Running {
  return {
    kind: 'running',
    target: 'Deployment shop/auth-service, container app',
    state: { requests: { cpu: 0.5, memory: 400 }, limits: { cpu: 0.75, memory: 600 }, instances: 3 },
    instancesReady: 3,
    rolling: false,
    version: 'v1',
    qos: 'Burstable',
    ...changes,
  };
}

function watched() {
  const parts = Object.assign(partsOf(), { executor: new ScriptedExecutor() });
  const watch = new ClusterWatch(parts);
  const says = async (reading: TargetReading) => {
    parts.executor.readings.set('auth-service', reading);
    await watch.look();
  };
  return { parts, watch, says };
}

describe('what the cluster says', () => {
  it('is the capacity in force: the request is promised, the limit is what profiles are fitted against', async () => {
    const { parts, says } = watched();
    await says(running());
    expect(parts.capacities.inForce('auth-service')).toMatchObject({
      cpu: 0.5,
      memory: 400,
      instances: 3,
      cpuLimit: 0.75,
      source: 'cluster',
    });
  });

  it('is kept over a restart', async () => {
    const { parts, says } = watched();
    await says(running());
    parts.history.close();
    const again = partsOf(parts.settings, parts.clock, parts.folder);
    await restoreHistory(again);
    expect(again.capacities.inForce('auth-service')).toEqual(parts.capacities.inForce('auth-service'));
  });

  it('takes a limit without a request for the request, as Kubernetes does, and the configured start for neither', async () => {
    const { parts, says } = watched();
    await says(running({ state: { requests: {}, limits: { cpu: 2, memory: 700 }, instances: 1 } }));
    expect(parts.capacities.inForce('auth-service')).toMatchObject({ cpu: 2, memory: 700 });
    expect(parts.capacities.inForce('auth-service')).toMatchObject({ source: 'cluster' });
    await says(running({ state: { requests: {}, limits: {}, instances: 1 } }));
    expect(parts.capacities.inForce('auth-service')).toMatchObject({ source: 'initial' });
    expect(parts.capacities.inForce('auth-service')).toMatchObject({ cpu: 4, memory: 8192 });
  });

  it('leaves what was known when it cannot be read', async () => {
    const { parts, says } = watched();
    await says(running());
    await says({ kind: 'unreadable', reason: 'forbidden' });
    expect(parts.capacities.inForce('auth-service')).toMatchObject({ cpu: 0.5, source: 'cluster' });
    expect(parts.targets.reading('auth-service')).toMatchObject({ kind: 'unreadable' });
  });

  it('is told once when it cannot be read, not at every look', async () => {
    const { parts, says } = watched();
    await says({ kind: 'unreadable', reason: 'there is no Deployment nope' });
    await says({ kind: 'unreadable', reason: 'there is no Deployment nope' });
    expect(parts.logger.warnings).toEqual([
      {
        fields: { services: 'auth-service', count: 1, reason: 'there is no Deployment nope' },
        message: 'what runs cannot be read',
      },
    ]);
  });

  it('teaches nothing of the time in which instances were being replaced', async () => {
    const { parts, says } = watched();
    const start = parts.clock.nowSeconds();
    await says(running());
    parts.clock.advance(300);
    await says(running());
    parts.clock.advance(15);
    await says(running({ rolling: true }));
    parts.clock.advance(15);
    await says(running());
    parts.clock.advance(300);
    const held = (from: number, to: number) =>
      parts.capacities.throughout('auth-service', start + from, start + to) !== undefined;
    expect(held(60, 300)).toBe(true);
    expect(held(270, 310)).toBe(false);
    expect(held(320, 380)).toBe(false);
    expect(held(330, 390)).toBe(true);
    expect(parts.capacities.changedSeconds('auth-service')).toBe(start + 330);
  });

  it('teaches nothing of the time in which nobody could look, nor of a change that nobody saw', async () => {
    const { parts, says } = watched();
    const start = parts.clock.nowSeconds();
    await says(running());
    parts.clock.advance(300);
    await says({ kind: 'unreadable', reason: 'API down' });
    const held = (from: number, to: number) =>
      parts.capacities.throughout('auth-service', start + from, start + to) !== undefined;
    expect([held(-60, 0), held(0, 60), held(120, 180)]).toEqual([false, true, false]);
    parts.clock.advance(300);
    await says(running());
    expect(held(120, 180)).toBe(true);
    parts.clock.advance(600);
    await says(running({ state: { ...running().state, instances: 6 }, instancesReady: 6 }));
    parts.clock.advance(120);
    await says(running({ state: { ...running().state, instances: 6 }, instancesReady: 6 }));
    expect([held(540, 600), held(660, 720), held(1140, 1200), held(1200, 1260)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('teaches nothing of what was changed while we were away', async () => {
    const { parts, says } = watched();
    const start = parts.clock.nowSeconds();
    await says(running());
    parts.history.close();
    parts.clock.advance(1800);
    const again = Object.assign(partsOf(parts.settings, parts.clock, parts.folder), {
      executor: parts.executor,
    });
    await restoreHistory(again);
    parts.executor.readings.set(
      'auth-service',
      running({ state: { ...running().state, instances: 6 }, instancesReady: 6 }),
    );
    await new ClusterWatch(again).look();
    expect(again.capacities.throughout('auth-service', start + 600, start + 660)).toBeUndefined();
  });

  it('lets a chain be judged whose instances stay not ready', async () => {
    const { parts, says } = watched();
    const start = parts.clock.nowSeconds();
    for (let looks = 0; looks < 60; looks += 1) {
      parts.clock.advance(15);
      await says(running({ rolling: true, instancesReady: 1 }));
    }
    expect(parts.capacities.changedSeconds('auth-service')).toBeLessThan(start + 400);
  });

  it('is read anew while the measuring of use takes its time', async () => {
    const { parts, watch, says } = watched();
    await says(running());
    parts.executor.readUsage = () => new Promise(() => undefined);
    void watch.look();
    await expect.poll(() => parts.capacities.inForce('auth-service')?.instances).toBe(3);
    parts.executor.readings.set('auth-service', running({ state: { ...running().state, instances: 6 } }));
    void watch.look();
    await expect.poll(() => parts.capacities.inForce('auth-service')?.instances).toBe(6);
  });

  it('resets the profiles of a service when another version runs, also one that came while we were away', async () => {
    const { parts, says } = watched();
    const resets: string[] = [];
    await says(running());
    parts.profiles.reset = (service) => resets.push(service);
    await says(running());
    expect(resets).toEqual([]);
    await says(running({ version: 'v2' }));
    expect(resets).toEqual(['auth-service']);
    parts.history.close();
    const again = Object.assign(partsOf(parts.settings, parts.clock, parts.folder), {
      executor: parts.executor,
    });
    await restoreHistory(again);
    again.profiles.reset = (service) => resets.push(`${service} again`);
    parts.executor.readings.set('auth-service', running({ version: 'v3' }));
    await new ClusterWatch(again).look();
    expect(resets).toEqual(['auth-service', 'auth-service again']);
  });

  it('raises the memory of a service that was killed for it, once for each kill, for a day', async () => {
    const { parts, says } = watched();
    const now = parts.clock.nowSeconds();
    await says(running({ oomKilledSeconds: now - 5 }));
    await says(running({ oomKilledSeconds: now - 5 }));
    expect(parts.targets.oomFloor('auth-service', now)).toBe(500);
    await says(
      running({ oomKilledSeconds: now - 1, state: { requests: { memory: 2000 }, limits: {}, instances: 1 } }),
    );
    expect(parts.targets.oomFloor('auth-service', now)).toBe(2400);
    expect(parts.targets.oomFloor('auth-service', now + 25 * 3600)).toBeUndefined();
  });

  it('has its measured use noted with the time of the measurement, and stored', async () => {
    const { parts, watch } = watched();
    const atSeconds = parts.clock.nowSeconds() - 20;
    parts.executor.usage.push({ service: 'auth-service', atSeconds, cpu: 0.8, memory: 250 });
    await watch.look();
    expect(parts.usage.latest('auth-service')).toEqual({
      service: 'auth-service',
      atSeconds,
      cpu: 0.8,
      memory: 250,
    });
    expect([...parts.store.loadUsage(0)]).toHaveLength(1);
  });

  it('is asked for at most every 15 s by the loop, and by one look at a time', async () => {
    const { parts, watch } = watched();
    let looks = 0;
    parts.executor.readTargets = async () => {
      looks += 1;
      return new Map();
    };
    const { signal } = new AbortController();
    watch.tick(signal);
    await Promise.all([watch.look(), watch.look()]);
    watch.tick(signal);
    expect(looks).toBe(1);
    parts.clock.advance(15);
    watch.tick(signal);
    await watch.look();
    expect(looks).toBe(2);
  });
});
