import { describe, expect, it } from 'vitest';
import { k8sCpu, k8sCpuFast } from '../../../../bench/policy/baselines/k8s-cpu.ts';
import type { PolicyFactory } from '../../../../bench/policy/policy.ts';
import { ScriptedCluster } from '../scripted-context.ts';

/** Quotas after each step, by cores used before it. */
function quotas(
  factory: PolicyFactory,
  usages: readonly number[],
  cluster = new ScriptedCluster(),
  replicas = 1,
): number[] {
  const policy = factory.create(cluster.context, { target: 0.5, replicas });
  policy.step(0);
  return usages.map((cores, index) => {
    cluster.service(0).burn(cores * policy.intervalSeconds);
    policy.step((index + 1) * policy.intervalSeconds);
    return cluster.service(0).template.cpu;
  });
}

describe('the quota of k8s-cpu', () => {
  it('is usage over target, from the second reading of the cgroup on', () => {
    const cluster = new ScriptedCluster();
    expect(quotas(k8sCpu, [1], cluster)).toEqual([2]);
    expect(cluster.writes.slice(1)).toEqual([{ kind: 'setQuota', service: 0, cpu: 2 }]);
  });

  it('rises at once and falls when the peak is 300 s old', () => {
    const usages = [0.2, 0.6, ...Array(21).fill(0.2)];
    const expected = [0.4, ...Array(20).fill(1.2), 0.4, 0.4];
    expect(quotas(k8sCpu, usages)).toEqual(expected.map((cores) => expect.closeTo(cores, 9)));
  });

  it('is shared by the instances and stays within their bounds', () => {
    const cluster = new ScriptedCluster();
    expect(quotas(k8sCpu, [0.01, 1, 9], cluster, 2)).toEqual([0.1, 1, 4]);
    expect(cluster.service(0).wanted).toBe(2);
  });

  it('is written only when it changes', () => {
    const cluster = new ScriptedCluster();
    quotas(k8sCpu, [1, 1, 1, 0.5], cluster);
    expect(cluster.writes.filter(({ kind }) => kind === 'setQuota')).toHaveLength(1);
  });
});

describe('the quota of k8s-cpu-fast', () => {
  it('follows each second and forgets after 20', () => {
    expect(k8sCpuFast.create(new ScriptedCluster().context, {}).intervalSeconds).toBe(1);
    const usages = [1, ...Array(21).fill(0.25)];
    expect(quotas(k8sCpuFast, usages)).toEqual([...Array(20).fill(2), 0.5, 0.5]);
  });
});
