import { describe, expect, it } from 'vitest';
import { demandFromCpu } from '../../../src/components/performance-quantifier/demand-from-cpu.ts';
import { gatherEvidence } from '../../../src/components/performance-quantifier/fit-evidence.ts';
import { settingsFrom } from '../../../src/components/performance-quantifier/options.ts';
import { WindowTable } from '../../../src/components/performance-quantifier/window-table.ts';
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { normal, type TruePair, windowOf } from './windows.ts';

const PAIRS: readonly TruePair[] = [0.004, 0.009, 0.002].map((demand, c) => ({
  chain: `c${c}`,
  demand,
  floor: 0.01,
  queueing: 0.01,
}));
const OWN_TIMES = Float64Array.of(0.01, 0.01, 0.01);

function evidenceOf(
  windows: number,
  rates: (random: Random) => number[],
  factor: (random: Random) => number,
) {
  const random = seededRandom(21);
  const table = new WindowTable(240);
  for (let i = 0; i < windows; i++) {
    const window = windowOf(PAIRS, { startSeconds: 60 * i, rates: rates(random), cpu: 4, hasCpu: true });
    table.put({ ...window, cpuUsedCores: window.cpuUsedCores! * factor(random) });
  }
  return gatherEvidence(table, table.count, 4, 60 * windows, settingsFrom({}));
}

const independent = (random: Random) => [100 * random(), 60 * random(), 120 * random()];

describe('demand from measured CPU', () => {
  it('is told for every chain from windows whose rates differ', () => {
    const found = demandFromCpu(
      evidenceOf(60, independent, (random) => Math.exp(0.05 * normal(random))),
      OWN_TIMES,
    )!;
    for (const [c, pair] of PAIRS.entries()) {
      expect(Math.abs(found.demands[c]! / pair.demand - 1)).toBeLessThan(0.08);
    }
    expect(found.spread).toBeGreaterThan(0.02);
    expect(found.spread).toBeLessThan(0.09);
  });

  it('is told apart from what is used without any request', () => {
    const evidence = evidenceOf(80, independent, (random) => Math.exp(0.05 * normal(random)));
    for (let i = 0; i < evidence.count; i++) evidence.used[i] = evidence.used[i]! + 0.2;
    const found = demandFromCpu(evidence, OWN_TIMES)!;
    expect(Math.abs(found.baselineCores / 0.2 - 1)).toBeLessThan(0.25);
    for (const [c, pair] of PAIRS.entries())
      expect(Math.abs(found.demands[c]! / pair.demand - 1)).toBeLessThan(0.15);
    expect(demandFromCpu(evidence, OWN_TIMES, 0.2)!.baselineCores).toBeCloseTo(0.2, 3);
  });

  it('is all of the use where nothing shows that something is used without requests', () => {
    const evidence = evidenceOf(80, independent, (random) => Math.exp(0.05 * normal(random)));
    expect(demandFromCpu(evidence, OWN_TIMES)!.baselineCores).toBeLessThan(1e-4);
  });

  it('is not moved by windows in which hardly any or far too much CPU was measured', () => {
    const garbage = (random: Random) => (random() < 0.1 ? 0.2 : random() < 0.1 ? 4 : 1);
    const found = demandFromCpu(evidenceOf(80, independent, garbage), OWN_TIMES)!;
    for (const [c, pair] of PAIRS.entries()) {
      expect(Math.abs(found.demands[c]! / pair.demand - 1)).toBeLessThan(0.05);
    }
  });

  it('is split as the own times are when all rates move together', () => {
    const together = (random: Random) => new Array<number>(3).fill(20 + 60 * random());
    const found = demandFromCpu(
      evidenceOf(20, together, () => 1),
      Float64Array.of(0.02, 0.01, 0.01),
    )!;
    const total = found.demands.reduce((sum, demand) => sum + demand, 0);
    expect(total).toBeCloseTo(0.015, 4);
    expect(found.demands[0]! / found.demands[1]!).toBeCloseTo(2, 3);
  });

  it('is never negative, and unknown with fewer than three windows', () => {
    const found = demandFromCpu(
      evidenceOf(12, independent, (random) => 0.2 + 2 * random()),
      OWN_TIMES,
    )!;
    expect(Math.min(...found.demands)).toBeGreaterThanOrEqual(0);
    expect(
      demandFromCpu(
        evidenceOf(2, independent, () => 1),
        OWN_TIMES,
      ),
    ).toBeUndefined();
  });
});
