import { describe, expect, it } from 'vitest';
import { DelayedActuator } from '../../../bench/policy/actuator.ts';
import type { KnownApplication } from '../../../bench/policy/policy.ts';
import { FakeSystem, instance, lineOf } from './fake-system.ts';

const TIMING = { write: 1, resize: 2, quota: 0 };

function actuatorOf(system: FakeSystem): DelayedActuator {
  const { name, services, chains } = lineOf('c');
  const known: KnownApplication = { name, services, chains };
  return new DelayedActuator('p', system, known, TIMING);
}

function goOn(system: FakeSystem, actuator: DelayedActuator, untilSeconds: number): void {
  while (actuator.nextDueSeconds <= untilSeconds) {
    system.advanceTo(actuator.nextDueSeconds);
    actuator.applyDue();
  }
  system.advanceTo(untilSeconds);
}

describe('a write', () => {
  it('takes effect after the delay of its kind, and is told by the API server at once', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    system.advanceTo(10);
    actuator.resize(0, 2, 1024);
    expect(actuator.allocation(0)).toMatchObject({ cpu: 2, memory: 1024, instances: 2, readyInstances: 2 });
    expect(system.calls).toEqual([]);
    goOn(system, actuator, 20);
    actuator.scale(0, 3);
    goOn(system, actuator, 30);
    actuator.roll(0, 1, 512, 4);
    actuator.applyDue();
    goOn(system, actuator, 40);
    actuator.setQuota(0, 0.5);
    actuator.applyDue();
    expect(system.calls).toEqual([
      '12: resize 0 2 1024',
      '21: scale 0 3',
      '31: roll 0 1 512 4',
      '40: resize 0 0.5 512',
    ]);
  });

  it('does not overtake an earlier one for the same service', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    actuator.resize(0, 2, 1024);
    actuator.scale(0, 5);
    goOn(system, actuator, 5);
    expect(system.calls).toEqual(['2: resize 0 2 1024', '2: scale 0 5']);
  });

  it('is clipped to the bounds', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    actuator.roll(0, 0.01, 1e9, 99);
    goOn(system, actuator, 5);
    expect(system.calls).toEqual(['1: roll 0 0.1 8192 10']);
  });

  it('that changes nothing is none, and a new template for as many instances as before is no rolling update', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    actuator.scale(0, 2);
    actuator.resize(0, 4, 8192);
    actuator.setQuota(0, 9);
    actuator.roll(0, 4, 8192, 2);
    expect(actuator.nextDueSeconds).toBe(Infinity);
    actuator.roll(0, 4, 8192, 3);
    goOn(system, actuator, 5);
    expect(system.calls).toEqual(['1: scale 0 3']);
    expect(actuator.changes).toEqual([1]);
  });

  it('reaches the running instances when only the template had it before', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    actuator.setTemplate(0, 1, 512);
    actuator.resize(0, 1, 512);
    goOn(system, actuator, 5);
    expect(system.calls).toEqual(['1: template 0 1 512', '2: resize 0 1 512']);
  });

  it('of what is no number is an error that names the policy', () => {
    const actuator = actuatorOf(new FakeSystem());
    expect(() => actuator.resize(0, Number.NaN, 512)).toThrow(
      'policy p: found NaN cores for s, allowed: a finite number',
    );
    expect(() => actuator.setQuota(0, Infinity)).toThrow('policy p: found Infinity cores for s');
    expect(() => actuator.roll(0, 1, Number.NaN, 1)).toThrow('policy p: found NaN MiB for s');
    expect(() => actuator.scale(0, 1.5)).toThrow(
      'policy p: found 1.5 instances of s, allowed: a whole number',
    );
    expect(() => actuator.scale(7, 1)).toThrow('policy p: found service 7, allowed: 0 to 0');
  });
});

describe('shrinks', () => {
  it('are the writes that take cores or memory away from a service, whatever the shape', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    actuator.roll(0, 2, 8192, 4); // as many cores as before, and more memory
    actuator.resize(0, 2, 4096);
    actuator.scale(0, 3);
    actuator.setQuota(0, 3);
    actuator.evict(0, 1);
    actuator.setTemplate(0, 3, 1024);
    expect(actuator.shrinks).toEqual([3]);
    expect(actuator.changes).toEqual([6]);
  });
});

describe('restarts', () => {
  it('are the instances that a rolling update or an eviction replaces', () => {
    const system = new FakeSystem();
    system.instancesNow = [instance(1), instance(2), instance(3, 'stopping')];
    const actuator = actuatorOf(system);
    actuator.roll(0, 1, 512, 2);
    actuator.evict(0, 2);
    actuator.evict(0, 3);
    actuator.resize(0, 2, 512);
    goOn(system, actuator, 5);
    expect(system.calls).toEqual(['1: roll 0 1 512 2', '1: evict 0 2', '2: resize 0 2 512']);
    expect(actuator.restarts).toEqual([3]);
    expect(actuator.changes).toEqual([4]);
  });
});

describe('a roll-out', () => {
  it('is over when the write has taken effect and no ready instance has another size than the template', () => {
    const system = new FakeSystem();
    const actuator = actuatorOf(system);
    expect(actuator.allocation(0).rolledOut).toBe(true);
    actuator.resize(0, 2, 1024);
    expect(actuator.allocation(0).rolledOut).toBe(false);
    goOn(system, actuator, 5);
    expect(actuator.allocation(0).rolledOut).toBe(false);
    system.instancesNow = [1, 2].map((id) => ({ ...instance(id), cpu: 2, memory: 1024 }));
    expect(actuator.allocation(0).rolledOut).toBe(true);
  });
});
