import { describe, expect, it } from 'vitest';
import type { ServiceRows } from '../../bench/profile/measured-windows.ts';
import { samplingError } from '../../bench/profile/sampling-error.ts';
import { seededRandom } from '../../src/utils/random.ts';
import { normal } from '../components/performance-quantifier/windows.ts';

/** Windows of one setting; the mood is common to both chains of a window, the noise is each one's own. */
function repeats(mood: number, noise: number, settings: { readonly quota: string; readonly rate: string }) {
  const random = seededRandom(3);
  return Array.from({ length: 60 }, (_, window): ServiceRows => {
    const common = mood * normal(random);
    const row = (chain: string, usual: number) => ({
      chain,
      requests: '200',
      rate_rps: settings.rate,
      cpu_limit_cores: settings.quota,
      exclusive_p95_s: String(usual * Math.exp(common + noise * normal(random))),
    });
    return { service: 's', window, rows: [row('a', 0.02), row('b', 0.05)] };
  });
}

const SETTING = { quota: '0.5', rate: '20' };

describe('the sampling error of measured windows', () => {
  it('is what a perfect prediction would err: 0.67 of the scatter of one setting', () => {
    const windows = repeats(0.2, 0, SETTING);
    expect(samplingError(windows, windows, 100).median_error).toBeCloseTo(0.6745 * 0.2, 1);
  });

  it('is told with and without what the chains of a window have in common', () => {
    const windows = repeats(0.5, 0.1, SETTING);
    const { median_error, within_window } = samplingError(windows, windows, 100);
    expect(median_error).toBeGreaterThan(0.25);
    expect(within_window).toBeLessThan(0.1);
  });

  it('compares no windows of different settings, nor rows of few requests', () => {
    const windows = repeats(0.2, 0, SETTING);
    const others = repeats(0.2, 0, { quota: '0.6', rate: '20' }).map((w) => ({
      ...w,
      window: w.window + 100,
    }));
    expect(samplingError(windows, [...windows, ...others], 100).comparisons).toBe(60 * 59 * 2);
    expect(samplingError(windows, windows, 300).comparisons).toBe(0);
  });
});
