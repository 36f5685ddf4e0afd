import { describe, expect, it } from 'vitest';
import { hpa } from '../../../../bench/policy/baselines/hpa/hpa.ts';
import { desiredReplicas, type Pod } from '../../../../bench/policy/baselines/hpa/replica-calculator.ts';
import { ScalingBehavior } from '../../../../bench/policy/baselines/hpa/scaling-behavior.ts';
import { ScriptedCluster } from '../scripted-context.ts';

const BOUNDS = { minInstances: 1, maxInstances: 100 };

/** Pods of one core that use that much each; undefined is a pod without metrics. */
function pods(...usages: (number | undefined)[]): Pod[] {
  return usages.map((usage) => ({ request: 1, usage, unready: false }));
}

function unready(count: number, usage?: number): Pod[] {
  return Array.from({ length: count }, () => ({ request: 1, usage, unready: true }));
}

describe('the replicas that a HorizontalPodAutoscaler wants', () => {
  it('are twice as many when usage is 200m and the target 100m', () => {
    expect(desiredReplicas(pods(0.2, 0.2, 0.2, 0.2), 4, 0.1)).toBe(8);
  });

  it('are half as many when usage is 50m and the target 100m', () => {
    expect(desiredReplicas(pods(0.05, 0.05, 0.05, 0.05), 4, 0.1)).toBe(2);
  });

  it('are rounded up', () => {
    expect(desiredReplicas(pods(0.6, 0.6, 0.6), 3, 0.5)).toBe(4);
  });

  it('stay as they are within a tenth of the target', () => {
    expect(desiredReplicas(pods(0.55, 0.55), 2, 0.5)).toBe(2);
    expect(desiredReplicas(pods(0.45, 0.45), 2, 0.5)).toBe(2);
    expect(desiredReplicas(pods(0.551, 0.551), 2, 0.5)).toBe(3);
  });

  it('follow the usage of all over the requests of all, not the mean of ratios', () => {
    const uneven: Pod[] = [
      { request: 3, usage: 3, unready: false },
      { request: 1, usage: 0, unready: false },
    ];
    expect(desiredReplicas(uneven, 2, 0.5)).toBe(3);
  });

  it('count pods without metrics as idle when growing', () => {
    expect(desiredReplicas(pods(1, 1, 1, undefined), 4, 0.5)).toBe(6);
  });

  it('count pods without metrics as fully used when shrinking', () => {
    expect(desiredReplicas(pods(0.1, 0.1, 0.1, undefined), 4, 0.5)).toBe(3);
    expect(desiredReplicas(pods(0.2, 0.2, undefined, undefined), 4, 0.5)).toBe(4);
  });

  it('count pods that are not ready as idle when growing and not at all when shrinking', () => {
    expect(desiredReplicas([...pods(1, 1), ...unready(1)], 3, 0.5)).toBe(4);
    expect(desiredReplicas([...pods(0.1, 0.1), ...unready(2)], 4, 0.5)).toBe(1);
  });

  it('stay as they are when what is unknown could turn the direction around', () => {
    expect(desiredReplicas([...pods(0.6, 0.6), ...unready(2)], 4, 0.5)).toBe(4);
  });

  it('do not see what a pod used before it was ready', () => {
    expect(desiredReplicas([...pods(0.5, 0.5), ...unready(1, 1)], 3, 0.5)).toBe(3);
  });

  it('are unknown without metrics of a ready pod', () => {
    expect(desiredReplicas(pods(undefined), 1, 0.5)).toBeUndefined();
    expect(desiredReplicas(unready(2, 1), 2, 0.5)).toBeUndefined();
  });
});

describe('the scaling behavior', () => {
  it('adds at most four pods in 15 s to a few', () => {
    const behavior = new ScalingBehavior(BOUNDS);
    expect(behavior.decide(0, 1, 50)).toBe(5);
    expect(behavior.decide(10, 5, 50)).toBe(5);
    expect(behavior.decide(15, 5, 50)).toBe(10);
  });

  it('doubles many pods in 15 s at most', () => {
    const behavior = new ScalingBehavior(BOUNDS);
    expect(behavior.decide(0, 10, 90)).toBe(20);
    expect(behavior.decide(15, 20, 90)).toBe(40);
  });

  it('takes pods away only down to the highest wish of the last 300 s', () => {
    const behavior = new ScalingBehavior(BOUNDS);
    behavior.decide(0, 8, 8);
    behavior.decide(15, 8, 6);
    expect(behavior.decide(285, 8, 2)).toBe(8);
    expect(behavior.decide(300, 8, 2)).toBe(6);
    expect(behavior.decide(315, 6, 2)).toBe(2);
  });

  it('holds what it found for 300 s after its start', () => {
    const behavior = new ScalingBehavior(BOUNDS);
    expect(behavior.decide(30, 10, 1)).toBe(10);
    expect(behavior.decide(315, 10, 1)).toBe(10);
    expect(behavior.decide(330, 10, 1)).toBe(1);
  });

  it('stays within its bounds', () => {
    const behavior = new ScalingBehavior({ minInstances: 2, maxInstances: 3 });
    expect(behavior.decide(0, 2, 50)).toBe(3);
    expect(behavior.decide(600, 3, 1)).toBe(2);
  });
});

describe('the HPA policy', () => {
  const at = (cluster: ScriptedCluster, cores: number, seconds: number) => {
    cluster.service(0).burn(cores * 15);
    cluster.scrape(seconds);
  };

  it('begins with pods of its request that hold what the service had', () => {
    const cluster = new ScriptedCluster();
    const policy = hpa.create(cluster.context, { request: 0.5, target: 0.5 });
    policy.step(0);
    expect(cluster.writes).toEqual([{ kind: 'roll', service: 0, cpu: 0.5, memory: 8192, instances: 8 }]);
  });

  it('follows the load up at once and down after 300 s', () => {
    const cluster = new ScriptedCluster();
    const policy = hpa.create(cluster.context, { request: 0.5, target: 0.5 });
    const replicas: number[] = [];
    for (let seconds = 0; seconds <= 900; seconds += 15) {
      at(cluster, seconds <= 450 ? 1 : 2, seconds);
      policy.step(seconds);
      replicas.push(cluster.service(0).wanted);
    }
    expect(replicas.slice(0, 21).every((count) => count === 8)).toBe(true);
    expect(replicas.slice(23, 31)).toEqual(Array(8).fill(4));
    expect(replicas.slice(32)).toEqual(Array(29).fill(8));
  });

  it('does nothing without recent metrics', () => {
    const cluster = new ScriptedCluster();
    const policy = hpa.create(cluster.context, { request: 1, target: 0.5 });
    policy.step(0);
    for (let seconds = 15; seconds <= 300; seconds += 15) at(cluster, 2, seconds);
    cluster.nowSeconds = 345;
    at(cluster, 3.9, 300);
    cluster.nowSeconds = 345;
    policy.step(345);
    expect(cluster.writes).toHaveLength(1);
  });
});
