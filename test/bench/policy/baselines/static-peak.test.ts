import { describe, expect, it } from 'vitest';
import { staticPeak } from '../../../../bench/policy/baselines/static-peak.ts';
import { ScriptedCluster } from '../scripted-context.ts';

/** Runs the policy over a use of CPU, in cores by time. */
function run(cluster: ScriptedCluster, cores: (seconds: number) => number, untilSeconds: number): void {
  const policy = staticPeak.create(cluster.context, { factor: 1.5 });
  for (let seconds = 0; seconds <= untilSeconds; seconds += 15) {
    cluster.service(0).burn(15 * cores(seconds));
    cluster.scrape(seconds);
    policy.step(seconds);
  }
}

describe('static-peak', () => {
  it('gives the multiple of the largest minute of the learning time and never changes it again', () => {
    const cluster = new ScriptedCluster({ tuneSeconds: 600 });
    run(cluster, (seconds) => (seconds > 400 && seconds <= 460 ? 2 : seconds > 600 ? 3 : 1), 1200);
    expect(cluster.writes).toEqual([{ kind: 'roll', service: 0, cpu: 3, memory: 8192, instances: 1 }]);
  });

  it('does not take a shorter peak for the largest use', () => {
    const cluster = new ScriptedCluster({ tuneSeconds: 600 });
    run(cluster, (seconds) => (seconds === 150 ? 2 : 1), 600);
    expect(cluster.writes).toEqual([{ kind: 'roll', service: 0, cpu: 1.875, memory: 8192, instances: 1 }]);
  });

  it('makes room while it watches and divides what is too much for one instance', () => {
    const cluster = new ScriptedCluster({ tuneSeconds: 600 });
    run(cluster, () => 3, 600);
    expect(cluster.writes).toEqual([
      { kind: 'scale', service: 0, instances: 2 },
      { kind: 'roll', service: 0, cpu: 2.25, memory: 8192, instances: 2 },
    ]);
  });

  it('leaves a service alone of which it has seen nothing', () => {
    const cluster = new ScriptedCluster({ tuneSeconds: 600 });
    run(cluster, () => 0, 1200);
    expect(cluster.writes).toEqual([]);
  });
});
