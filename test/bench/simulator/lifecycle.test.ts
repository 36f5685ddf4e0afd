import { expect, test } from 'vitest';
import type { Shape } from '../../../bench/simulator/application.ts';
import { Simulator, type SimulatorOptions } from '../../../bench/simulator/simulator.ts';
import { application, at, call, ONE_CORE } from './small-application.ts';

const STARTUP = 10;

interface Ended {
  readonly failed: boolean;
  readonly end: number;
}

function running(initial: Partial<Shape>, arrivals: readonly number[] = [], demand = 1) {
  const ended: Ended[] = [];
  const options: SimulatorOptions = {
    application: application(call(demand)),
    arrivals: at(...arrivals),
    initial: [{ ...ONE_CORE, ...initial }],
    seed: 1,
    startupSeconds: STARTUP,
    timeoutSeconds: 300,
    listener: { onRequest: (_chain, _seconds, failed, end) => ended.push({ failed, end }) },
  };
  return { simulator: new Simulator(options), ended };
}

function states(simulator: Simulator): string[] {
  return simulator.instances(0).map(({ state, cpu }) => `${state} ${cpu}`);
}

test('initial instances are ready at once, later ones after their start-up', () => {
  const { simulator } = running({});
  simulator.advanceTo(5);
  simulator.scale(0, 3);
  expect(states(simulator)).toEqual(['ready 1', 'starting 1', 'starting 1']);
  simulator.advanceTo(14.9);
  expect(states(simulator)).toEqual(['ready 1', 'starting 1', 'starting 1']);
  simulator.advanceTo(15);
  expect(states(simulator)).toEqual(['ready 1', 'ready 1', 'ready 1']);
});

test('the youngest stop first, and not before their visits are done', () => {
  const { simulator, ended } = running({ instances: 3 }, [0, 0, 0], 2);
  simulator.advanceTo(1);
  simulator.scale(0, 1);
  expect(simulator.instances(0).map(({ id, state }) => [id, state])).toEqual([
    [0, 'ready'],
    [1, 'stopping'],
    [2, 'stopping'],
  ]);
  simulator.advanceTo(3);
  expect(ended).toEqual([0, 1, 2].map(() => ({ failed: false, end: expect.closeTo(2, 9) })));
  expect(simulator.instances(0)).toHaveLength(1);
});

test('instances that start are the first to stop, and are gone at once', () => {
  const { simulator } = running({});
  simulator.scale(0, 4);
  simulator.advanceTo(1);
  simulator.scale(0, 2);
  expect(states(simulator)).toEqual(['ready 1', 'starting 1']);
});

test('a visit that is longer than the grace period dies with its instance', () => {
  const { simulator, ended } = running({ instances: 2 }, [0, 0], 100);
  simulator.advanceTo(1);
  simulator.scale(0, 1);
  simulator.advanceTo(200);
  expect(ended).toEqual([
    { failed: true, end: 31 },
    { failed: false, end: expect.closeTo(100, 6) },
  ]);
});

test('allocated core-seconds count every instance from its creation to its end', () => {
  const { simulator } = running({ cpu: 2, memory: 100 });
  simulator.advanceTo(10);
  expect(simulator.allocatedCoreSeconds(0)).toBeCloseTo(20, 9);
  simulator.scale(0, 2);
  simulator.advanceTo(30);
  simulator.resize(0, 0.5, 200);
  simulator.advanceTo(40);
  simulator.scale(0, 1);
  simulator.advanceTo(100);
  expect(simulator.allocatedCoreSeconds(0)).toBeCloseTo(20 + 2 * 2 * 20 + 2 * 0.5 * 10 + 0.5 * 60, 9);
  expect(simulator.allocatedMebibyteSeconds(0)).toBeCloseTo(1000 + 2 * 100 * 20 + 2 * 200 * 10 + 200 * 60, 9);
});

test('a roll of one instance starts the new one first and stops the old one when that is ready', () => {
  const { simulator } = running({ cpu: 1 });
  simulator.roll(0, { cpu: 2, memory: 256, instances: 1 });
  expect(states(simulator)).toEqual(['ready 1', 'starting 2']);
  simulator.advanceTo(9);
  expect(simulator.allocatedCoreSeconds(0)).toBeCloseTo(27, 9);
  simulator.advanceTo(10);
  expect(states(simulator)).toEqual(['ready 2']);
  expect(simulator.shape(0)).toEqual({ cpu: 2, memory: 256, instances: 1 });
});

test('a roll has a quarter more instances at most, rounded up, and never fewer ready than wanted', () => {
  const { simulator } = running({ cpu: 1, instances: 5 });
  simulator.roll(0, { cpu: 2, memory: 256, instances: 5 });
  const waves: number[] = [];
  for (let second = 0; second <= 40; second++) {
    simulator.advanceTo(second);
    const all = simulator.instances(0);
    expect(all.length).toBeLessThanOrEqual(7);
    expect(all.filter(({ state }) => state === 'ready').length).toBeGreaterThanOrEqual(5);
    waves.push(all.filter(({ cpu, state }) => cpu === 2 && state === 'ready').length);
  }
  expect([waves[9], waves[10], waves[20], waves[30]]).toEqual([0, 2, 4, 5]);
  expect(states(simulator)).toEqual(Array(5).fill('ready 2'));
});

test('a roll to fewer instances ends with them', () => {
  const { simulator } = running({ cpu: 1, instances: 10 });
  simulator.roll(0, { cpu: 2, memory: 256, instances: 4 });
  simulator.advanceTo(60);
  expect(states(simulator)).toEqual(Array(4).fill('ready 2'));
});

test('a roll to more instances ends with them', () => {
  const { simulator } = running({ cpu: 1, instances: 1 });
  simulator.roll(0, { cpu: 2, memory: 256, instances: 4 });
  simulator.advanceTo(60);
  expect(states(simulator)).toEqual(Array(4).fill('ready 2'));
});

test('a later roll replaces the one under way', () => {
  const { simulator } = running({ cpu: 1, instances: 4 });
  simulator.roll(0, { cpu: 2, memory: 256, instances: 4 });
  simulator.advanceTo(12);
  simulator.roll(0, { cpu: 3, memory: 256, instances: 2 });
  simulator.advanceTo(60);
  expect(states(simulator)).toEqual(['ready 3', 'ready 3']);
});

test('a roll to what runs already replaces nobody', () => {
  const { simulator } = running({ cpu: 1, instances: 2 });
  simulator.roll(0, { cpu: 1, memory: 256, instances: 3 });
  expect(states(simulator)).toEqual(['ready 1', 'ready 1', 'starting 1']);
});

test('a resize in place ends a roll that leads to the same', () => {
  const { simulator } = running({ cpu: 1, instances: 1 });
  simulator.roll(0, { cpu: 2, memory: 256, instances: 1 });
  simulator.advanceTo(1);
  simulator.resize(0, 3, 256);
  expect(states(simulator)).toEqual(['ready 3']);
});

test('the template is for those who start later', () => {
  const { simulator } = running({ cpu: 1 });
  simulator.setTemplate(0, 3, 512);
  simulator.advanceTo(1);
  expect(states(simulator)).toEqual(['ready 1']);
  simulator.scale(0, 2);
  expect(states(simulator)).toEqual(['ready 1', 'starting 3']);
});

test('an evicted instance stops when its visits are done, and another one starts with the template', () => {
  const { simulator, ended } = running({ cpu: 1, instances: 2 }, [0, 0], 5);
  simulator.setTemplate(0, 3, 512);
  simulator.advanceTo(1);
  const { id } = simulator.instances(0)[0]!;
  simulator.evict(0, id);
  expect(states(simulator)).toEqual(['stopping 1', 'ready 1', 'starting 3']);
  expect(() => simulator.evict(0, id)).toThrow(RangeError);
  simulator.advanceTo(20);
  expect(ended.map(({ failed }) => failed)).toEqual([false, false]);
  expect(states(simulator)).toEqual(['ready 1', 'ready 3']);
});

test('killed instances take their visits with them; visits wait for the replacement', () => {
  const { simulator, ended } = running({}, [0, 2], 1.5);
  simulator.advanceTo(1);
  simulator.kill(0, 1);
  expect(ended).toEqual([{ failed: true, end: 1 }]);
  expect(states(simulator)).toEqual(['starting 1']);
  simulator.advanceTo(10.9);
  expect(simulator.inFlight).toBe(1);
  simulator.advanceTo(20);
  // Ready at 11 s.
  expect(ended[1]).toEqual({ failed: false, end: expect.closeTo(12.5, 9) });
  expect(simulator.cgroup(0).cpuSeconds).toBeCloseTo(2.5, 9);
});

test('what instances counted stays when they are gone', () => {
  const { simulator } = running({ instances: 2, cpu: 0.5 }, [0, 0], 2);
  simulator.advanceTo(5);
  const before = simulator.cgroup(0);
  expect(before.throttledPeriods).toBeGreaterThan(70);
  simulator.scale(0, 1);
  expect(simulator.cgroup(0)).toEqual(before);
});

test('what cannot be is refused', () => {
  const { simulator } = running({});
  expect(() => simulator.scale(0, 0)).toThrow(RangeError);
  expect(() => simulator.scale(0, 1.5)).toThrow(RangeError);
  expect(() => simulator.resize(0, 0, 256)).toThrow(RangeError);
  expect(() => simulator.resize(0, Number.NaN, 256)).toThrow(RangeError);
  expect(() => simulator.setTemplate(0, 1, -1)).toThrow(RangeError);
  expect(() => simulator.kill(0, 0)).toThrow(RangeError);
  expect(() => simulator.setDemandFactor(0, Number.NaN)).toThrow(RangeError);
});
