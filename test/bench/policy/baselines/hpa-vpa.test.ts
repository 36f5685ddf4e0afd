import { describe, expect, it } from 'vitest';
import { hpaVpa } from '../../../../bench/policy/baselines/hpa-vpa.ts';
import { ScriptedCluster } from '../scripted-context.ts';

describe('HPA with VPA recommendations', () => {
  const run = (cores: number, minutes: number) => {
    const cluster = new ScriptedCluster();
    cluster.service(0).setWorkingSet(300);
    const policy = hpaVpa.create(cluster.context, { target: 0.5, rolloutSeconds: 600, daySeconds: 900 });
    for (let seconds = 0; seconds <= 60 * minutes; seconds += 15) {
      cluster.service(0).burn(15 * cores);
      cluster.scrape(seconds);
      policy.step(seconds);
    }
    return cluster;
  };

  it('changes the request at rollouts alone, and holds the utilization of it in between', () => {
    const { writes } = run(1, 19);
    const rolls = writes.filter((write) => write.kind === 'roll');
    expect(rolls.map(({ cpu }) => cpu)).toEqual([0.5, expect.closeTo(0.3, 1)]);
    expect(writes.filter(({ kind }) => kind !== 'roll' && kind !== 'scale')).toEqual([]);
    const between = writes.slice(0, writes.indexOf(rolls[1]!)).findLast(({ kind }) => kind === 'scale');
    expect(between).toEqual({ kind: 'scale', service: 0, instances: 4 });
  });

  it('ends with many small instances, the known conflict of the two', () => {
    const cluster = run(1, 60);
    expect(cluster.service(0).template.cpu).toBeLessThan(0.25);
    expect(cluster.service(0).wanted).toBe(10);
  });
});
