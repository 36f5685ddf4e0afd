import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../../bench/policy/cell.ts';
import { blocksOf, boundOf } from '../../../../bench/policy/clairvoyant/clairvoyant.ts';
import { demandsIn } from '../../../../bench/policy/clairvoyant/demand.ts';
import {
  type PlannedBlock,
  planBlocks,
  type SearchOptions,
} from '../../../../bench/policy/clairvoyant/plan.ts';
import { meanCores, scheduledPolicy } from '../../../../bench/policy/clairvoyant/schedule.ts';
import { capacitiesOf } from '../../../../bench/policy/clairvoyant/seed.ts';
import { shapeOf } from '../../../../bench/policy/clairvoyant/shapes.ts';
import { percentiles } from '../../../../bench/policy/latency-windows.ts';
import { type RecordedRun, usedBetween } from '../../../../bench/policy/recorded-run.ts';
import { runPolicy } from '../../../../bench/policy/run-policy.ts';
import { TIMING } from '../../../../bench/policy/timing.ts';
import type { RunEvent } from '../../../../bench/policy/traffic/events.ts';
import { Simulator } from '../../../../bench/simulator/simulator.ts';
import { cellOf, pairOf } from './cells.ts';

const RATES = [6, 8, 18, 18, 6];
const SLO = 0.4;
const SEARCH = { levels: 2, rounds: 1, trims: 6 };
const CONSTANT = { name: 'bound', blockSeconds: 60, segmentSeconds: 60, delaySeconds: 0 };

async function boundOn(cell: Cell, pace: Partial<typeof CONSTANT> = {}): Promise<RecordedRun> {
  const bound = boundOf({ ...CONSTANT, ...pace }, SEARCH);
  return await bound.run(cell, { seed: 1, scoredFromSeconds: 60 });
}

/** p95 of each minute, s. */
function latenciesOf({ log }: RecordedRun, cell: Cell): number[] {
  const minutes = Array.from({ length: cell.durationSeconds / 60 }, (_, minute) => 60 * minute);
  return minutes.map((from) => percentiles(log.latencies(0, from, from + 60), 0.95)[0]!);
}

function coresOf(run: RecordedRun, fromSeconds: number, toSeconds: number): number {
  return usedBetween(run, fromSeconds, toSeconds).coreSeconds / (toSeconds - fromSeconds);
}

describe('the clairvoyant bound', () => {
  it.each([
    ['that is constant in a window', {}, 1.8],
    ['that follows demand in a window', { segmentSeconds: 10 }, 1.8],
    ['that comes later than the windows', { delaySeconds: 2 }, 1.8],
    ['that is constant over several windows', { blockSeconds: 120, delaySeconds: 11 }, 2.5],
  ])(
    'with a capacity %s keeps the objective in every judged window, for little more than the demand',
    async (_, pace, most) => {
      const cell = cellOf(pairOf(), RATES);
      const run = await boundOn(cell, pace);
      for (const latency of latenciesOf(run, cell).slice(1)) expect(latency).toBeLessThanOrEqual(SLO);
      const demand = demandsIn(cell, { fromSeconds: 60, toSeconds: 300 }).reduce(
        (sum, cores) => sum + cores,
        0,
      );
      const cores = coresOf(run, 60, 300);
      expect(cores).toBeGreaterThan(demand);
      expect(cores).toBeLessThan(most * demand);
    },
  );

  it('is the same again with the same seed', async () => {
    const cell = cellOf(pairOf(), RATES);
    const [once, again] = [await boundOn(cell), await boundOn(cell)];
    expect(again.totals).toEqual(once.totals);
  });

  it('knows that a service will be slower', async () => {
    const slower: RunEvent = { kind: 'demand-factor', atSeconds: 150, service: 0, factor: 3 };
    const cell = cellOf(pairOf(1), [8, 8, 8, 8], [slower]);
    const run = await boundOn(cell);
    for (const latency of latenciesOf(run, cell).slice(1)) expect(latency).toBeLessThanOrEqual(1);
    expect(coresOf(run, 180, 240)).toBeGreaterThan(2 * coresOf(run, 60, 120));
  });

  it('gives no more than helps where an objective cannot be met, and keeps the others', async () => {
    const cell = cellOf(pairOf(SLO, { maxCpu: 1, maxInstances: 1 }), [6, 6, 26, 6, 6, 6]);
    const run = await boundOn(cell);
    const latencies = latenciesOf(run, cell);
    expect(latencies[2]).toBeGreaterThan(SLO);
    expect(latencies[4]).toBeLessThanOrEqual(SLO);
    expect(coresOf(run, 120, 180)).toBeLessThan(2);
  });

  it('takes what another gave where that keeps the objective for less than what it found itself', () => {
    const truth = { cell: cellOf(pairOf(), RATES), seed: 1, originSeconds: 60, segmentSeconds: 60 };
    const blocks = blocksOf(truth.cell, 60, 60);
    const planned = (search: Partial<SearchOptions>) =>
      planBlocks(truth, blocks, {
        levels: 0,
        rounds: 0,
        trims: 0,
        seeds: [],
        judgedFromSeconds: 60,
        ...search,
      });
    const better = planned({ levels: 2, rounds: 2, trims: 6 });
    const useless = [{ fromSeconds: 0, cores: [0.2, 0.1] }];
    const seeded = planned({
      seeds: [useless, better.flatMap(({ problem, slacks }) => problem.schedule(slacks))],
    });
    const costs = (plan: readonly PlannedBlock[]) =>
      plan.slice(1).map(({ problem, slacks }) => problem.cost(slacks));
    const alone = costs(planned({}));
    for (const [block, cost] of costs(seeded).entries()) {
      expect(cost).toBeCloseTo(Math.min(alone[block]!, costs(better)[block]!), 9);
    }
    expect(costs(seeded)).not.toEqual(alone);
    for (const { problem, slacks } of seeded) expect(problem.ratios(slacks)[0]).toBeLessThanOrEqual(1);
  });
});

describe('its blocks', () => {
  it('are of one length and cover the run, one of them beginning where it is told', () => {
    expect(blocksOf({ durationSeconds: 200 }, 92, 60)).toEqual([
      { fromSeconds: 0, toSeconds: 32 },
      { fromSeconds: 32, toSeconds: 92 },
      { fromSeconds: 92, toSeconds: 152 },
      { fromSeconds: 152, toSeconds: 200 },
    ]);
  });
});

describe('the demand in a block', () => {
  it('is what its requests need, times the factor of the time', () => {
    const slower: RunEvent = { kind: 'demand-factor', atSeconds: 90, service: 1, factor: 3 };
    const cell = cellOf(pairOf(), [10, 10], [slower]);
    const requests = cell.arrivals.timesSeconds.filter((seconds) => seconds >= 60).length;
    const [a, b] = demandsIn(cell, { fromSeconds: 60, toSeconds: 120 });
    expect(a).toBeCloseTo((requests * 0.05) / 60, 9);
    expect(b).toBeCloseTo((2 * requests * 0.025) / 60, 9);
  });
});

describe('a schedule', () => {
  it('has mean cores over a stretch; what begins first holds before it too', () => {
    const schedule = [
      { fromSeconds: 10, cores: [1] },
      { fromSeconds: 20, cores: [3] },
    ];
    expect(meanCores(schedule, { fromSeconds: 0, toSeconds: 40 })).toEqual([2]);
    expect(meanCores(schedule, { fromSeconds: 0, toSeconds: 10 })).toEqual([1]);
  });

  it('is what a run had in the mean between its totals', async () => {
    const cell = cellOf(pairOf(), [6, 6]);
    const given = [
      { fromSeconds: 0, cores: [1, 0.5] },
      { fromSeconds: 60, cores: [2, 4.5] },
    ];
    const run = await runPolicy(
      cell,
      scheduledPolicy('p', cell.application, given),
      {},
      {
        seed: 1,
        tuneSeconds: 60,
        timing: { ...TIMING, startup: 0, write: 0, resize: 0 },
        buildSystem: (options) => new Simulator(options),
      },
    );
    const [first, second] = capacitiesOf(run);
    expect(first).toEqual({ fromSeconds: 0, cores: [1, 0.5] });
    expect(second?.cores[0]).toBeCloseTo(2, 6);
    expect(second?.cores[1]).toBeCloseTo(4.5, 6);
  });

  it('is carried out with as few instances as are half full', () => {
    const service = pairOf().services[0]!;
    expect(shapeOf(service, 1.9)).toMatchObject({ cpu: 1.9, instances: 1 });
    expect(shapeOf(service, 3.9)).toMatchObject({ cpu: 1.95, instances: 2 });
    expect(shapeOf(service, 30)).toMatchObject({ cpu: 3, instances: 10 });
    expect(shapeOf(service, 0)).toMatchObject({ cpu: 0.1, instances: 1 });
    expect(shapeOf(service, Infinity)).toMatchObject({ cpu: 4, instances: 10 });
  });
});
