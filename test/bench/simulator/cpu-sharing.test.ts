import { expect, test } from 'vitest';
import { CpuSharing, EXHAUST, FINISH } from '../../../bench/simulator/cpu-sharing.ts';
import { Instances } from '../../../bench/simulator/instances.ts';
import { Visits } from '../../../bench/simulator/visits.ts';

/** One instance whose CFS periods begin at 0, 0.1, 0.2, ... */
class OneInstance {
  readonly instances = new Instances(new Visits());
  readonly #sharing = new CpuSharing(this.instances);
  readonly #events = this.#sharing.events;
  readonly #instance: number;
  /** Time at which each visit was done, by its number. */
  readonly done = new Map<number, number>();
  nowSeconds = 0;

  constructor(cpu: number, parallelism: number) {
    this.#instance = this.instances.add(0, cpu, 128, parallelism, 0, 0);
    this.#events.push(Infinity, this.#instance);
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
    while (this.#events.firstKey <= seconds) {
      this.nowSeconds = this.#events.firstKey;
      const event = this.instances.nextEvent[this.#instance];
      if (event === FINISH) {
        this.done.set(this.#sharing.finish(this.#instance, this.nowSeconds), this.nowSeconds);
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
