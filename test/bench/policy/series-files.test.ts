import { describe, expect, it } from 'vitest';
import type { PlottedPolicy } from '../../../bench/policy/report/figure.ts';
import { shownOverTime } from '../../../bench/policy/series-files.ts';

function policy(name: string, coreHours: number, violatingWindowsRatio = 0): PlottedPolicy {
  const series = {
    window_seconds: 60,
    requests_per_second: [],
    allocated_cores: [],
    worst_p95_over_slo: [],
  };
  return { name, series, coreHours, violatingWindowsRatio };
}

describe('what is shown over time', () => {
  it('is DTA-SLO, the bound, and of the baselines the two cheapest that keep the objectives', () => {
    const policies = [
      policy('dta-slo', 5),
      policy('dta-slo-no-gamma', 4),
      policy('hpa', 9, 0.01),
      policy('erms', 3, 0.2),
      policy('autothrottle', 6),
      policy('k8s-cpu-fast', 7),
      policy('clairvoyant', 4),
      policy('clairvoyant-paced', 4.1),
    ];
    expect(shownOverTime(policies).map(({ name }) => name)).toEqual([
      'dta-slo',
      'autothrottle',
      'k8s-cpu-fast',
      'clairvoyant',
    ]);
  });

  it('takes those that violate least where none keeps them', () => {
    const policies = [policy('hpa', 1, 0.5), policy('vpa', 3, 0.04), policy('erms', 2, 0.3)];
    expect(shownOverTime(policies).map(({ name }) => name)).toEqual(['vpa', 'erms']);
  });
});
