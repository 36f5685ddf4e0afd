import { describe, expect, it } from 'vitest';
import { autothrottle } from '../../../../../bench/policy/baselines/autothrottle/autothrottle.ts';
import { ScriptedCluster } from '../../scripted-context.ts';

/** Runs the policy against services that use the given cores all the time and are never throttled. */
function run(cluster: ScriptedCluster, seconds: number, used: readonly number[], latencySeconds = 0.05) {
  const policy = autothrottle.create(cluster.context, { target: 0.1, exploration: 0, violationCost: 10 });
  for (let tick = 1; tick <= seconds * 10; tick++) {
    const now = tick / 10;
    cluster.nowSeconds = now;
    for (const [service, cores] of used.entries()) {
      cluster.service(service).burn(cores / 10);
      cluster.service(service).pass(1, 0);
    }
    cluster.answer(0, latencySeconds, 5);
    if (tick % 150 === 0) cluster.scrape(now);
    policy.step(now);
  }
}

describe('Autothrottle', () => {
  it('brings quotas down to what is used', () => {
    const cluster = new ScriptedCluster({ services: [{}, {}] });
    run(cluster, 30, [1.2, 0.02]);
    expect(cluster.context.actuator.allocation(0).cpu).toBeCloseTo(1.2, 6);
    expect(cluster.context.actuator.allocation(1).cpu).toBe(0.1);
  });

  it('shares the quota among instances and adds one when a service nears the largest quota', () => {
    const cluster = new ScriptedCluster({ services: [{}] });
    run(cluster, 60, [3.5]);
    expect(cluster.context.actuator.allocation(0)).toMatchObject({ instances: 2, readyInstances: 2 });
    expect(cluster.context.actuator.allocation(0).cpu).toBeCloseTo(1.75, 6);
  });

  it('writes no quota that is as it was', () => {
    const cluster = new ScriptedCluster({ services: [{}] });
    run(cluster, 60, [1]);
    expect(cluster.writes.filter(({ kind }) => kind === 'setQuota').length).toBeLessThanOrEqual(3);
  });
});
