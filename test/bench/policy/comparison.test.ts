import { describe, expect, it } from 'vitest';
import { compare, comparisonLine, meansLine, meansOf } from '../../../bench/policy/comparison.ts';
import type { PolicyResult } from '../../../bench/policy/evaluate.ts';
import { tableOf } from '../../../bench/policy/report.ts';

const CELL = { application: 'shop', trace: 'day' };

function result(name: string, coreHours: number, violations = 0): PolicyResult {
  return {
    name,
    core_hours: coreHours,
    memory_gib_hours: 1,
    violating_windows_ratio: violations,
    violating_requests_ratio: violations,
    chains: {},
    utilization: 0.5,
    fairness: 1,
    changes: 1,
    restarts: 0,
    recovery_seconds: null,
    shrinks_in_outage: null,
    whole_run: { core_hours: coreHours, violating_windows_ratio: violations },
    parameters: {},
    tuning_runs: 0,
    wall_seconds: 1,
    series: { window_seconds: 60, requests_per_second: [], allocated_cores: [], worst_p95_over_slo: [] },
  };
}

const FAILED: PolicyResult = { name: 'broken', error: 'it broke', wall_seconds: 1 };

const RESULTS = [
  result('dta-slo', 3),
  result('dta-slo-no-forecast', 2.5),
  result('hpa', 2, 0.02),
  result('vpa', 5, 0.01),
  result('erms', 4),
  result('clairvoyant', 2),
  result('clairvoyant-paced', 2.5),
  FAILED,
];

describe('a comparison', () => {
  it('is with the cheapest baseline that keeps the objectives, no ablation and no bound', () => {
    expect(compare(CELL, RESULTS)).toEqual({
      ...CELL,
      dta_slo: { name: 'dta-slo', core_hours: 3, violating_windows_ratio: 0 },
      best_baseline: { name: 'erms', core_hours: 4, violating_windows_ratio: 0 },
      lower_bound_core_hours: 2,
      paced_core_hours: 2.5,
      saved_ratio: 0.25,
      closed_ratio: 0.5,
      over_paced_ratio: 1.2,
      below_bound: [],
    });
  });

  it('says which compliant policies undercut the bound', () => {
    const results = [...RESULTS, result('lucky', 1.9), result('late', 1, 0.5)];
    expect(compare(CELL, results).below_bound).toEqual(['lucky']);
  });

  it('has no figure for what was not run', () => {
    const { saved_ratio, closed_ratio, best_baseline, lower_bound_core_hours } = compare(CELL, [
      result('dta-slo', 3),
      result('hpa', 2, 0.5),
    ]);
    expect([saved_ratio, closed_ratio, best_baseline, lower_bound_core_hours]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('counts nothing as saved where the objectives were missed', () => {
    const missed = compare(CELL, [result('dta-slo', 3, 0.2), result('erms', 4), result('clairvoyant', 2)]);
    expect([missed.saved_ratio, missed.closed_ratio]).toEqual([null, null]);
    expect(meansOf([missed]).won_cells).toBe(0);
  });

  it('is averaged over the cells that have the figure', () => {
    const cells = [
      compare(CELL, RESULTS),
      compare(CELL, [result('dta-slo', 5, 0.2), result('erms', 4)]),
      compare(CELL, [FAILED]),
    ];
    expect(meansOf(cells)).toEqual({
      cells: 3,
      compliant_cells: 1,
      won_cells: 1,
      saved_ratio: 0.25,
      closed_ratio: 0.5,
      over_paced_ratio: 1.2,
    });
    expect(meansLine(meansOf(cells))).toContain('keeps the objectives in 1,');
    expect(cells.map(comparisonLine)[2]).toContain('dta-slo none, best baseline none, saved -');
  });
});

describe('the table', () => {
  it('has a row a policy, told against the bound, and why one failed', () => {
    const rows = tableOf(RESULTS).split('\n');
    expect(rows).toHaveLength(1 + RESULTS.length);
    expect(rows[1]).toMatch(/^dta-slo +3\.000 +1\.50 +0\.00 % /);
    expect(rows.at(-1)).toMatch(/^broken +failed: it broke$/);
  });
});
