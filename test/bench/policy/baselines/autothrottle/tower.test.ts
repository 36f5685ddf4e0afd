import { describe, expect, it } from 'vitest';
import { busyServices } from '../../../../../bench/policy/baselines/autothrottle/service-groups.ts';
import {
  ALL_PAIRS,
  distance,
  neighbours,
  pairNear,
  type TargetPair,
} from '../../../../../bench/policy/baselines/autothrottle/throttle-targets.ts';
import { Tower } from '../../../../../bench/policy/baselines/autothrottle/tower.ts';
import { seededRandom } from '../../../../../src/utils/random.ts';
import { normal } from '../../../../components/performance-quantifier/windows.ts';

/** A world where higher targets save cores and cost latency; `calm` ones little of both. */
const saving = ({ busy, calm }: TargetPair) => Math.exp(-0.05 * busy - 0.01 * calm);
const slowness = ({ busy, calm }: TargetPair) => 0.6 * Math.exp(0.11 * busy + 0.03 * calm);

function live(tower: Tower, minutes: number, random: () => number, exploration = 0.1) {
  const rateAt = (minute: number) => 400 + 200 * Math.sin(minute / 10);
  const pairs: TargetPair[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    const rate = rateAt(minute);
    const pair = tower.choose(rate, exploration);
    pairs.push(pair);
    tower.learn({
      rate,
      pair,
      allocation: (rate / 50) * saving(pair) * Math.exp(0.03 * normal(random)),
      latencyRatio: slowness(pair) * Math.exp(0.08 * normal(random)),
    });
  }
  return pairs;
}

const towerFrom = (target: number, random: () => number) =>
  new Tower({ first: pairNear(target), violationCost: 10, random });

describe('Tower', () => {
  it('begins with the pair it is given', () => {
    expect(towerFrom(0.1, () => 0.5).choose(100, 0.1)).toEqual({ busy: 4, calm: 4 });
  });

  it('finds targets that save without violating, from ones that are too careful', () => {
    const random = seededRandom(1);
    live(towerFrom(0, random), 1, random);
    const pairs = live(towerFrom(0, random), 80, random).slice(40);
    const share = pairs.reduce((sum, pair) => sum + saving(pair), 0) / pairs.length;
    expect(share).toBeLessThan(0.93);
    expect(pairs.filter((pair) => slowness(pair) > 1).length).toBeLessThanOrEqual(2);
  });

  it('leaves targets that violate', () => {
    const random = seededRandom(2);
    const pairs = live(towerFrom(0.3, random), 40, random);
    expect(slowness(pairs[0]!)).toBeGreaterThan(1);
    expect(pairs.slice(15).filter((pair) => slowness(pair) > 0.95).length).toBeLessThanOrEqual(2);
  });

  it('explores only what lies next to the best', () => {
    const random = seededRandom(3);
    const tower = towerFrom(0.06, random);
    const before = tower.best(100);
    expect(neighbours(before)).toContainEqual(tower.choose(100, 1));
  });

  it('does not jump to what lies far from anything tried', () => {
    const random = seededRandom(4);
    const tower = towerFrom(0.06, random);
    const tried = live(tower, 3, random, 0);
    const next = tower.choose(400, 0);
    expect(Math.min(...tried.map((pair) => distance(pair, next)))).toBeLessThanOrEqual(1);
  });

  it('works with what was learned before', () => {
    const random = seededRandom(5);
    const samples = ALL_PAIRS.map((pair) => ({
      rate: 400,
      pair,
      allocation: 8 * saving(pair),
      latencyRatio: slowness(pair),
    }));
    const tower = new Tower({ first: pairNear(0), violationCost: 2.5, random }, samples);
    const best = tower.choose(400, 0);
    expect(saving(best)).toBeLessThan(0.9);
    expect(slowness(best)).toBeLessThan(1);
  });
});

describe('the groups of services', () => {
  it('are cut where the two means explain most', () => {
    expect(busyServices([0.1, 2, 0.3, 1.5, 0.2])).toEqual([false, true, false, true, false]);
  });

  it('are one group when there is one service', () => {
    expect(busyServices([0.4])).toEqual([true]);
  });
});
