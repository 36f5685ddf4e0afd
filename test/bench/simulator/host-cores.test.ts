import { describe, expect, it } from 'vitest';
import type { Application, Call } from '../../../bench/simulator/application.ts';
import { Simulator } from '../../../bench/simulator/simulator.ts';

interface Work {
  readonly service: number;
  readonly atSeconds: number;
  readonly demandSeconds: number;
}

/** When each of the visits is done; every service is one instance with a thread for each visit. */
function completions(
  work: readonly Work[],
  cpu: readonly number[],
  hostCores?: number,
  parallelism = 1,
): number[] {
  const application: Application = {
    name: 'machine',
    services: cpu.map((_, service) => ({
      ...{ name: `service ${service}`, parallelism, threads: Infinity, queueLimit: Infinity },
      ...{ baseMemory: 0, memoryPerVisit: 0, minCpu: 0.1, maxCpu: 4, minMemory: 1, maxMemory: 1 },
      ...{ minInstances: 1, maxInstances: 1 },
    })),
    chains: work.map(({ service, demandSeconds }, chain) => ({
      name: `chain ${chain}`,
      share: 1 / work.length,
      sloSeconds: 1,
      root: { service, demandSeconds, sigma: 0, waitSeconds: 0, errorRatio: 0, stages: [] } satisfies Call,
    })),
  };
  const done = work.map(() => Number.NaN);
  const system = new Simulator({
    application,
    arrivals: {
      timesSeconds: Float64Array.from(work, ({ atSeconds }) => atSeconds),
      chains: Uint16Array.from(work.keys()),
    },
    initial: cpu.map((each) => ({ cpu: each, memory: 1, instances: 1 })),
    seed: 1,
    startupSeconds: 0,
    ...(hostCores === undefined ? {} : { hostCores }),
    listener: {
      onRequest: (chain, _latency, _failed, end) => {
        done[chain] = end;
      },
    },
  });
  system.advanceTo(Infinity);
  return done;
}

describe('services on one machine', () => {
  const three = [0, 1, 2].map((service) => ({ service, atSeconds: 0, demandSeconds: 1 }));

  it('run at full speed when the machine has a core for each, or is not looked at', () => {
    expect(completions(three, [1, 1, 1], 3)).toEqual([1, 1, 1]);
    expect(completions(three, [1, 1, 1])).toEqual([1, 1, 1]);
  });

  it('share its cores when they want more', () => {
    for (const end of completions(three, [1, 1, 1], 2)) expect(end).toBeCloseTo(1.5, 9);
  });

  it('slow down and speed up as others come and go', () => {
    const work = [
      { service: 0, atSeconds: 0, demandSeconds: 1 },
      { service: 1, atSeconds: 0.5, demandSeconds: 0.2 },
    ];
    // Alone for 0.5 s, at half speed for 0.4 s, alone for 0.3 s.
    const [first, second] = completions(work, [1, 1], 1);
    expect(second).toBeCloseTo(0.9, 9);
    expect(first).toBeCloseTo(1.2, 9);
  });

  it('share its cores by instance, however many threads each has', () => {
    const many = [0, 1, 2, 3].map(() => ({ service: 0, atSeconds: 0, demandSeconds: 0.25 }));
    const ends = completions([...many, { service: 1, atSeconds: 0, demandSeconds: 1 }], [4, 4], 2, 4);
    for (const end of ends) expect(end).toBeCloseTo(1, 9);
  });

  it('leave what they do not want to those who do', () => {
    const many = [0, 1, 2, 3].map(() => ({ service: 0, atSeconds: 0, demandSeconds: 0.5 }));
    const ends = completions([...many, { service: 1, atSeconds: 0, demandSeconds: 1 }], [4, 4], 3, 4);
    for (const end of ends) expect(end).toBeCloseTo(1, 9);
  });

  it('leave it to others while they are throttled, and burn their quota more slowly beside others', () => {
    const work = [
      { service: 0, atSeconds: 0, demandSeconds: 2 },
      { service: 1, atSeconds: 0, demandSeconds: 1 },
    ];
    // In each period the quota lasts 20 ms of the throttled one; it never gets more than that.
    const [free, limited] = completions(work, [1, 0.2], 1);
    expect(limited).toBeGreaterThan(4.7);
    expect(limited).toBeLessThan(5.1);
    expect(free).toBeCloseTo(2.5, 1);
  });
});
