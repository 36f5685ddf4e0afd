import { describe, expect, it, test } from 'vitest';
import { CpuSharing, EXHAUST, FINISH, type Machine } from '../../../bench/simulator/cpu-sharing.ts';
import { Instances } from '../../../bench/simulator/instances.ts';
import { Visits } from '../../../bench/simulator/visits.ts';

/** One instance whose CFS periods begin at 0, 0.1, 0.2, ... */
class OneInstance {
  readonly instances = new Instances(new Visits());
  /** Visits and their demands that begin one after the other, each in the instant in which one before it is done. */
  readonly queued: [number, number][] = [];
  readonly #sharing: CpuSharing;
  readonly #instance: number;
  /** Time at which each visit was done, by its number. */
  readonly done = new Map<number, number>();
  nowSeconds = 0;

  constructor(cpu: number, parallelism: number, machine: Machine = {}) {
    this.#sharing = new CpuSharing(this.instances, machine);
    this.#instance = this.instances.add(0, cpu, 128, parallelism, 0, 0);
    this.#sharing.events.push(Infinity, this.#instance);
  }

  start(visit: number, demand: number): void {
    this.#sharing.start(this.#instance, visit, demand, this.nowSeconds);
    this.#sharing.schedule(this.#instance);
  }

  cancel(visit: number): number {
    const left = this.#sharing.cancel(this.#instance, visit, this.nowSeconds);
    this.#sharing.schedule(this.#instance);
    return left;
  }

  limit(cpu: number): void {
    this.#sharing.limit(this.#instance, cpu, this.nowSeconds);
  }

  runTo(seconds: number): void {
    const { events } = this.#sharing;
    while (events.firstKey <= seconds) {
      this.nowSeconds = events.firstKey;
      const event = this.instances.nextEvent[this.#instance];
      if (event === FINISH) {
        this.done.set(this.#sharing.finish(this.#instance, this.nowSeconds), this.nowSeconds);
        const next = this.queued.shift();
        if (next !== undefined) this.#sharing.start(this.#instance, ...next, this.nowSeconds);
      } else if (event === EXHAUST) this.#sharing.exhaust(this.#instance, this.nowSeconds);
      else this.#sharing.refill(this.#instance, this.nowSeconds);
      this.#sharing.schedule(this.#instance);
    }
    this.nowSeconds = seconds;
    this.#sharing.settle(this.#instance, seconds);
  }

  get counters(): { cpu: number; periods: number; throttledPeriods: number; throttledSeconds: number } {
    const { cpuSeconds, periods, throttledPeriods, throttledSeconds } = this.instances;
    return {
      cpu: cpuSeconds[this.#instance]!,
      periods: periods[this.#instance]!,
      throttledPeriods: throttledPeriods[this.#instance]!,
      throttledSeconds: throttledSeconds[this.#instance]!,
    };
  }
}

test('50 ms of CPU at 0.2 cores run 20 + 20 + 10 ms in three periods', () => {
  const instance = new OneInstance(0.2, 1);
  instance.start(7, 0.05);
  instance.runTo(1);
  expect(instance.done.get(7)).toBeCloseTo(0.21, 9);
  expect(instance.counters).toEqual({
    cpu: expect.closeTo(0.05, 9),
    periods: 3,
    throttledPeriods: 2,
    throttledSeconds: expect.closeTo(0.16, 9),
  });
});

test('a visit that comes late in a period takes what is left of the quota, then the next one', () => {
  const instance = new OneInstance(0.2, 1);
  instance.runTo(0.085);
  instance.start(0, 0.03);
  instance.runTo(1);
  // 15 ms until the boundary (20 allowed), then the other 15 of the next 20.
  expect(instance.done.get(0)).toBeCloseTo(0.115, 9);
  expect(instance.counters.throttledPeriods).toBe(0);
  expect(instance.counters.periods).toBe(2);
});

test('two visits on one core run at half the speed each', () => {
  const instance = new OneInstance(1, 1);
  instance.start(0, 0.01);
  instance.start(1, 0.03);
  instance.runTo(1);
  expect(instance.done.get(0)).toBeCloseTo(0.02, 9);
  expect(instance.done.get(1)).toBeCloseTo(0.04, 9);
});

test('threads on several cores use the quota up several times as fast, and each counts its throttled time', () => {
  const instance = new OneInstance(1, 4);
  for (const visit of [0, 1, 2, 3]) instance.start(visit, 0.03);
  instance.runTo(1);
  // 4 cores for 25 ms, 75 ms throttled, then 5 ms more for each.
  for (const visit of [0, 1, 2, 3]) expect(instance.done.get(visit)).toBeCloseTo(0.105, 9);
  expect(instance.counters.throttledPeriods).toBe(1);
  expect(instance.counters.throttledSeconds).toBeCloseTo(4 * 0.075, 9);
});

test('a limit that one thread just reaches never throttles it', () => {
  const instance = new OneInstance(1, 4);
  instance.runTo(0.0123);
  instance.start(0, 12.3456);
  instance.runTo(20);
  expect(instance.done.get(0)).toBeCloseTo(0.0123 + 12.3456, 9);
  expect(instance.counters.throttledPeriods).toBe(0);
  expect(instance.counters.periods).toBe(124);
});

test('periods in which nobody wants CPU are not counted', () => {
  const instance = new OneInstance(0.5, 1);
  instance.start(0, 0.001);
  instance.runTo(5);
  instance.start(1, 0.001);
  instance.runTo(5.05);
  instance.start(2, 0.001);
  instance.runTo(10);
  expect(instance.counters.periods).toBe(2);
});

test('a higher limit sets a throttled instance free at once', () => {
  const instance = new OneInstance(0.2, 1);
  instance.start(0, 0.05);
  instance.runTo(0.05);
  expect(instance.done.size).toBe(0);
  instance.limit(0.8);
  instance.runTo(1);
  // 20 ms were burned when the limit changed at 50 ms; the other 30 run through.
  expect(instance.done.get(0)).toBeCloseTo(0.08, 9);
  expect(instance.counters.throttledPeriods).toBe(0);
});

test('a lower limit counts from the change on', () => {
  const instance = new OneInstance(1, 1);
  instance.start(0, 0.1);
  instance.runTo(0.03);
  instance.limit(0.2);
  instance.runTo(1);
  // 30 ms before the change, 20 after it in the same period, then 20, 20 and 10.
  expect(instance.done.get(0)).toBeCloseTo(0.31, 9);
});

test('a cancelled visit gives its share to the others and its rest back', () => {
  const instance = new OneInstance(1, 1);
  instance.start(0, 0.03);
  instance.start(1, 0.03);
  instance.runTo(0.02);
  expect(instance.cancel(0)).toBeCloseTo(0.02, 9);
  instance.runTo(1);
  expect(instance.done.get(1)).toBeCloseTo(0.04, 9);
  expect(instance.counters.cpu).toBeCloseTo(0.04, 9);
});

test('whatever it is asked for, no period burns more than the quota', () => {
  const instance = new OneInstance(0.37, 2);
  let visit = 0;
  let before = 0;
  for (let period = 0; period < 200; period++) {
    for (let count = (period * 7) % 5; count > 0; count--)
      instance.start(visit++, 0.004 * ((visit * 31) % 17));
    instance.runTo(0.1 * (period + 1));
    expect(instance.counters.cpu - before).toBeLessThanOrEqual(0.037 + 1e-8);
    before = instance.counters.cpu;
  }
});

describe('with ticks of 4 ms', () => {
  const ticking = (cpu: number, parallelism = 1) => new OneInstance(cpu, parallelism, { tickSeconds: 0.004 });

  it('threads overrun their quota to the next tick, and pay for it in the next period', () => {
    const instance = ticking(0.21);
    instance.start(0, 0.05);
    instance.runTo(1);
    // 21 ms are noticed after 24. Of the next 21 that leaves 18, noticed after 20, and of the third 19: the last 6 run through.
    expect(instance.done.get(0)).toBeCloseTo(0.206, 9);
    expect(instance.counters).toEqual({
      cpu: expect.closeTo(0.05, 9),
      periods: 3,
      throttledPeriods: 2,
      throttledSeconds: expect.closeTo(0.076 + 0.08, 9),
    });
  });

  it('a quota that ends with a tick ends at once', () => {
    const instance = ticking(0.2);
    instance.start(0, 0.05);
    instance.runTo(1);
    expect(instance.done.get(0)).toBeCloseTo(0.21, 9);
  });

  it('a period that ends before the tick leaves a debt, and no throttling', () => {
    const instance = ticking(0.98);
    instance.start(0, 0.25);
    instance.runTo(0.15);
    expect(instance.counters.throttledPeriods).toBe(0);
    instance.runTo(1);
    // 100 ms, then the 96 that are left of the second quota, then the rest.
    expect(instance.done.get(0)).toBeCloseTo(0.254, 9);
    expect(instance.counters.throttledPeriods).toBe(1);
  });

  it('a quota that is used up in the period after this one is noticed at a tick as well', () => {
    const instance = ticking(0.21);
    instance.runTo(0.085);
    instance.start(0, 0.05);
    instance.runTo(1);
    // 15 ms until the boundary, 24 in the next period and 11 in the third.
    expect(instance.done.get(0)).toBeCloseTo(0.211, 9);
  });

  it('who is done beyond the quota is throttled until the period ends', () => {
    const instance = ticking(0.21);
    instance.start(0, 0.023);
    instance.runTo(0.03);
    expect(instance.done.get(0)).toBeCloseTo(0.023, 9);
    instance.start(1, 0.005);
    instance.runTo(1);
    expect(instance.done.get(1)).toBeCloseTo(0.105, 9);
    expect(instance.counters).toMatchObject({
      throttledPeriods: 1,
      throttledSeconds: expect.closeTo(0.07, 9),
    });
  });

  it('who goes on with the next visit beyond the quota is not', () => {
    const instance = ticking(0.21);
    instance.start(0, 0.022);
    instance.queued.push([1, 0.01]);
    instance.runTo(1);
    // 2 ms until the tick, and 8 in the next period.
    expect(instance.done.get(1)).toBeCloseTo(0.108, 9);
  });

  it('a debt is paid by the periods that an instance sleeps through', () => {
    const instance = ticking(0.21);
    instance.start(0, 0.023);
    instance.runTo(0.35);
    instance.start(1, 0.021);
    instance.runTo(0.4);
    expect(instance.done.get(1)).toBeCloseTo(0.371, 9);
  });

  it('who owes more than a quota when it wakes is throttled at once', () => {
    const instance = ticking(0.015);
    instance.start(0, 0.004);
    instance.runTo(0.15);
    instance.start(1, 0.001);
    instance.runTo(1);
    expect(instance.done.get(1)).toBeCloseTo(0.201, 9);
  });

  it.each([1, 4])(
    '%i threads that owe more than a quota stay throttled through the next period',
    (threads) => {
      const instance = ticking(0.015 * threads, threads);
      for (let visit = 0; visit < threads; visit++) instance.start(visit, 0.005);
      instance.runTo(1);
      // Each has 1.5 ms, overruns them to 4, pays 1.5 in the second period and 1 in the third, where it needs another 1.
      for (let visit = 0; visit < threads; visit++) expect(instance.done.get(visit)).toBeCloseTo(0.201, 9);
      expect(instance.counters.throttledPeriods).toBe(3);
    },
  );

  // 7 ms: periods end between ticks.
  it.each([
    [0.05, 1, 0.004],
    [0.21, 1, 0.004],
    [0.97, 1, 0.004],
    [0.05, 4, 0.007],
    [1.3, 4, 0.007],
    [3.9, 4, 0.007],
  ])('the long run burns %f cores, as the quota of its %i threads has it', (cpu, threads, tickSeconds) => {
    const instance = new OneInstance(cpu, threads, { tickSeconds });
    for (let visit = 0; visit < threads; visit++) instance.start(visit, 1000);
    instance.runTo(100);
    expect(Math.abs(instance.counters.cpu - 100 * cpu)).toBeLessThan(threads * tickSeconds);
  });
});
