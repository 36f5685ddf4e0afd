import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../bench/policy/cell.ts';
import { cutCell } from '../../../bench/policy/cut-cell.ts';
import { evaluate } from '../../../bench/policy/evaluate.ts';
import type { Policy, PolicyContext, PolicyFactory } from '../../../bench/policy/policy.ts';
import { isScored } from '../../../bench/policy/report.ts';
import { type RunOptions, runPolicy } from '../../../bench/policy/run-policy.ts';
import type { RunEvent } from '../../../bench/policy/traffic/events.ts';
import { Simulator } from '../../../bench/simulator/simulator.ts';
import { lineOf } from './fake-system.ts';

const RUN: RunOptions = { seed: 1, tuneSeconds: 90, buildSystem: (options) => new Simulator(options) };

/** Five minutes of a request each 0.05 s, of two chains in turn. */
function cellOf(events: readonly RunEvent[] = []): Cell {
  const application = lineOf('a', 'b');
  const requests = 300 / 0.05;
  return {
    application,
    known: application,
    arrivals: {
      timesSeconds: Float64Array.from({ length: requests }, (_, i) => i * 0.05),
      chains: Uint16Array.from({ length: requests }, (_, i) => i % 2),
    },
    events,
    durationSeconds: 300,
  };
}

function factoryOf(
  step: (context: PolicyContext, now: number) => void | Promise<void>,
  more: Partial<PolicyFactory & Policy> = {},
): PolicyFactory {
  const { name = 'p', space = {}, intervalSeconds = 30, ...rest } = more;
  return {
    name,
    space,
    create: (context) => ({ name, intervalSeconds, step: (now) => step(context, now), ...rest }),
  };
}

describe('a run', () => {
  it('asks the policy at its interval from 0 on, and ends it once', async () => {
    const asked: number[] = [];
    let closed = 0;
    const close = async () => {
      closed++;
    };
    const factory = factoryOf((_, now) => void asked.push(now), { intervalSeconds: 60, close });
    await runPolicy(cellOf(), factory, {}, RUN);
    expect(asked).toEqual([0, 60, 120, 180, 240]);
    expect(closed).toBe(1);
  });

  it('lets writes take effect after their delay, and counts what they cost', async () => {
    const factory = factoryOf(({ actuator }, now) => {
      if (now === 60) actuator.resize(0, 1, 512);
      if (now === 120) actuator.setQuota(0, 0.5);
    });
    const { totals } = await runPolicy(cellOf(), factory, {}, RUN);
    // 4 cores for 62 s, 1 core for 58 s, half a core for the rest.
    expect(totals.at(-1)).toMatchObject({ atSeconds: 300, changes: 2, restarts: 0 });
    expect(totals.at(-1)?.coreSeconds).toBeCloseTo(4 * 62 + 58 + 90, 6);
    expect(totals.map(({ atSeconds }) => atSeconds)).toEqual([0, 60, 90, 120, 180, 240, 300]);
  });

  it('waits for a policy that thinks, in simulated time', async () => {
    const order: string[] = [];
    const factory = factoryOf(
      async ({ metrics }, now) => {
        order.push(`${now} from ${metrics.latest()?.atSeconds}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${now} done`);
      },
      { intervalSeconds: 150 },
    );
    await runPolicy(cellOf(), factory, {}, RUN);
    expect(order).toEqual(['0 from undefined', '0 done', '150 from 135', '150 done']);
  });

  it('shows and posts nothing while the metrics pipeline is out, but the node its cgroups', async () => {
    const seen: string[] = [];
    const ends: number[] = [];
    const factory: PolicyFactory = {
      name: 'p',
      space: {},
      create: (context) => {
        context.subscribe?.({ onVisit: (...visit) => void ends.push(visit[6]) });
        const step = (now: number) => {
          const cpu = context.cgroup(0).cpuSeconds > 0;
          seen.push(`${now}: ${context.metrics.latest()?.atSeconds} ${cpu}`);
        };
        return { name: 'p', intervalSeconds: 59, step };
      },
    };
    const cell = cellOf([
      { kind: 'outage-begin', atSeconds: 100 },
      { kind: 'outage-end', atSeconds: 200 },
    ]);
    await runPolicy(cell, factory, {}, RUN);
    expect(seen).toEqual([
      '0: undefined false',
      '59: 45 true',
      '118: 90 true',
      '177: 90 true',
      '236: 225 true',
      '295: 285 true',
    ]);
    expect(ends.filter((end) => end < 100).length).toBeGreaterThan(1900);
    expect(ends.filter((end) => end > 100 && end < 200)).toEqual([]);
    expect(ends.filter((end) => end > 200).length).toBeGreaterThan(1900);
  });

  it('kills instances and slows services down when the cell says so', async () => {
    const counts: string[] = [];
    const factory = factoryOf(
      ({ actuator }, now) => {
        if (now === 0) actuator.scale(0, 4);
        counts.push(`${now}: ${actuator.allocation(0).readyInstances}`);
      },
      { intervalSeconds: 51 },
    );
    const cell = cellOf([
      { kind: 'kill', atSeconds: 100, service: 0, share: 0.5 },
      { kind: 'demand-factor', atSeconds: 150, service: 0, factor: 3 },
    ]);
    const { totals } = await runPolicy(cell, factory, {}, RUN);
    expect(counts).toEqual(['0: 1', '51: 4', '102: 2', '153: 4', '204: 4', '255: 4']);
    const usedIn = (from: number, to: number) => {
      const at = (seconds: number) => totals.find(({ atSeconds }) => atSeconds === seconds)!.usedCoreSeconds;
      return at(to) - at(from);
    };
    expect(usedIn(180, 300) / usedIn(0, 120)).toBeCloseTo(3, 0);
  });

  it('is the same again with the same seed', async () => {
    const factory = factoryOf(({ actuator, random }) => actuator.setQuota(0, 0.3 + random()));
    const [one, other] = [
      await runPolicy(cellOf(), factory, {}, RUN),
      await runPolicy(cellOf(), factory, {}, RUN),
    ];
    expect(other.totals).toEqual(one.totals);
    expect(other.log.latencies(0, 0, 300)).toEqual(one.log.latencies(0, 0, 300));
  });
});

describe('an evaluation', () => {
  const options = { seed: 1, tuneFraction: 0.3 };
  const quota: PolicyFactory = {
    name: 'quota',
    space: { cores: [4, 0.5, 0.01, 1] },
    create: (context, { cores }) => {
      const step = () => context.actuator.setQuota(0, cores!);
      return { name: 'quota', intervalSeconds: 300, step };
    },
  };

  it('tunes on the first part and scores the rest', async () => {
    const result = await evaluate({ kind: 'policy', name: 'quota', factory: quota }, cellOf(), {
      seed: 1,
      tuneFraction: 0.6,
    });
    if (!isScored(result)) throw new Error(result.error);
    expect(result).toMatchObject({
      name: 'quota',
      parameters: { cores: 0.5 },
      tuning_runs: 4,
      violating_windows_ratio: 0,
    });
    expect(result.core_hours).toBeCloseTo((0.5 * 120) / 3600, 9);
  });

  it('of a policy that throws tells what it threw', async () => {
    const factory = factoryOf(({ actuator }, now) => actuator.scale(0, now / 0), { name: 'wrong' });
    const result = await evaluate({ kind: 'policy', name: 'wrong', factory }, cellOf(), options);
    expect(result).toMatchObject({
      name: 'wrong',
      error: 'policy wrong: found NaN instances of s, allowed: a whole number',
    });
  });
});

describe('the first part of a cell', () => {
  it('has the same requests and events until then, and no shock that comes later', () => {
    const cell = { ...cellOf([{ kind: 'kill', atSeconds: 100, service: 0, share: 1 }]), shockSeconds: 100 };
    expect(cutCell(cell, 150)).toMatchObject({
      events: cell.events,
      shockSeconds: 100,
      durationSeconds: 150,
    });
    const first = cutCell(cell, 90);
    expect(first).toMatchObject({ events: [], durationSeconds: 90 });
    expect(first).not.toHaveProperty('shockSeconds');
    expect(first.arrivals.timesSeconds).toEqual(cell.arrivals.timesSeconds.slice(0, 1800));
    expect(first.arrivals.chains).toHaveLength(1800);
  });
});
