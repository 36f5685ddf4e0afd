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

  it('stay on their core, also when another one is idle by now', () => {
    const [first, second, third] = completions(three, [1, 1, 1], 2);
    expect(second).toBeCloseTo(1, 9);
    for (const end of [first, third]) expect(end).toBeCloseTo(2, 9);
  });

  it('go to the core with the fewest threads', () => {
    const work = [
      { service: 0, atSeconds: 0, demandSeconds: 1 },
      { service: 1, atSeconds: 0, demandSeconds: 0.2 },
      { service: 2, atSeconds: 0.5, demandSeconds: 0.3 },
    ];
    const [first, second, third] = completions(work, [1, 1, 1], 2);
    expect(first).toBeCloseTo(1, 9);
    expect(second).toBeCloseTo(0.2, 9);
    expect(third).toBeCloseTo(0.8, 9);
  });

  it('go to where they were last if there are as many everywhere', () => {
    const work = [
      { service: 0, atSeconds: 0, demandSeconds: 1 },
      { service: 2, atSeconds: 0, demandSeconds: 0.1 },
      { service: 1, atSeconds: 0.4, demandSeconds: 1 },
      { service: 2, atSeconds: 0.5, demandSeconds: 0.2 },
    ];
    const [first, , second, third] = completions(work, [1, 1, 1], 2);
    expect(first).toBeCloseTo(1, 9);
    expect(third).toBeCloseTo(0.9, 9);
    expect(second).toBeCloseTo(1.6, 9);
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

  it('weigh the same, however many threads each has', () => {
    const many = [0, 1, 2, 3].map(() => ({ service: 0, atSeconds: 0, demandSeconds: 0.25 }));
    const ends = completions([...many, { service: 1, atSeconds: 0, demandSeconds: 1 }], [4, 4], 2, 4);
    // Two of the four have a core, two share the other one with a thread that weighs as much as all four: 1 + 1/3 to 2/3.
    for (const end of ends.slice(0, 4)) expect(end).toBeCloseTo(0.75, 9);
    expect(ends[4]).toBeCloseTo(1.25, 9);
  });

  it('share a single core equally, four threads or one', () => {
    const many = [0, 1, 2, 3].map(() => ({ service: 0, atSeconds: 0, demandSeconds: 0.25 }));
    const ends = completions([...many, { service: 1, atSeconds: 0, demandSeconds: 1 }], [4, 4], 1, 4);
    for (const end of ends) expect(end).toBeCloseTo(2, 9);
  });

  it('leave the queue while they are throttled, and burn their quota more slowly beside others', () => {
    const work = [
      { service: 0, atSeconds: 0, demandSeconds: 1 },
      { service: 1, atSeconds: 0, demandSeconds: 0.1 },
    ];
    const [free, limited] = completions(work, [1, 0.2], 1);
    // The core is never idle. 20 ms take the limited one 40, so five quotas end 0.38 to 0.44 s after its start, as its periods lie.
    expect(free).toBeCloseTo(1.1, 9);
    expect(limited).toBeGreaterThan(0.38 - 1e-9);
    expect(limited).toBeLessThan(0.44 + 1e-9);
  });

  it('want a machine of whole cores', () => {
    for (const cores of [0, 1.5]) expect(() => completions(three, [1, 1, 1], cores)).toThrow(RangeError);
  });
});
