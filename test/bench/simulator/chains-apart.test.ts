import { expect, it } from 'vitest';
import type { Call } from '../../../bench/simulator/application.ts';
import { Simulator } from '../../../bench/simulator/simulator.ts';
import { lineOf } from '../policy/fake-system.ts';

it('a request of one chain does not run the calls of the next one', () => {
  const application = lineOf('first', 'second');
  const leaf: Call = { ...application.chains[0]!.root, demandSeconds: 0.001, sigma: 0 };
  const chains = application.chains.map((chain) => ({
    ...chain,
    root: { ...leaf, stages: [[leaf], [leaf, leaf]] },
  }));
  const simulator = new Simulator({
    application: { ...application, chains },
    arrivals: { timesSeconds: Float64Array.of(0, 1, 2), chains: Uint16Array.of(0, 1, 0) },
    initial: [{ cpu: 4, memory: 1024, instances: 1 }],
    seed: 1,
    startupSeconds: 10,
  });
  simulator.advanceTo(10);
  expect([simulator.visitsAt(0, 0), simulator.visitsAt(0, 1)]).toEqual([8, 4]);
});
