import { describe, expect, it } from 'vitest';
import type { Application, Call } from '../../../bench/simulator/application.ts';
import { Simulator } from '../../../bench/simulator/simulator.ts';

function call(waitSeconds: number, stages: Call['stages'] = []): Call {
  return {
    ...{ service: 0, demandSeconds: 0, sigma: 0, errorRatio: 0, stages },
    ...{ waitSeconds, waitDistribution: 'uniform' },
  };
}

/** What each visit of 2,000 requests was, in the order of their ends. */
function visitsOf(root: Call): { readonly place: number | undefined; readonly selfSeconds: number }[] {
  const application: Application = {
    name: 'one service',
    services: [
      {
        ...{ name: 'one', parallelism: 1, threads: Infinity, queueLimit: Infinity, baseMemory: 0 },
        ...{ memoryPerVisit: 0, minCpu: 0.1, maxCpu: 4, minMemory: 1, maxMemory: 1 },
        ...{ minInstances: 1, maxInstances: 1 },
      },
    ],
    chains: [{ name: 'all', share: 1, root, sloSeconds: 1 }],
  };
  const visits: { place: number | undefined; selfSeconds: number }[] = [];
  new Simulator({
    application,
    arrivals: {
      timesSeconds: Float64Array.from({ length: 2000 }, (_, i) => i),
      chains: new Uint16Array(2000),
    },
    initial: [{ cpu: 1, memory: 1, instances: 1 }],
    seed: 1,
    startupSeconds: 0,
    listener: {
      onVisit: (_service, _chain, selfSeconds, _total, _cpu, _failed, _end, place) => {
        visits.push({ place, selfSeconds });
      },
    },
  }).advanceTo(Infinity);
  return visits;
}

describe('visits', () => {
  it('wait between half and one and a half times the mean where waits are uniform', () => {
    const waits = visitsOf(call(0.002)).map(({ selfSeconds }) => selfSeconds);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0.001 - 1e-9);
    expect(Math.max(...waits)).toBeLessThanOrEqual(0.003 + 1e-9);
    expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(0.002, 4);
  });

  it('tell their place in the tree, breadth first, children before whoever called them', () => {
    const visits = visitsOf(call(0.002, [[call(0.001, [[call(0.001)]])], [call(0.001)]]));
    expect(visits.slice(0, 4).map(({ place }) => place)).toEqual([3, 1, 2, 0]);
  });
});
