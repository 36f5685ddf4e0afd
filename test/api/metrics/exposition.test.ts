import { beforeEach, describe, expect, it } from 'vitest';
import { exposition, FAMILIES, MOST_LEARNED_SERIES } from '../../../src/api/metrics/exposition.ts';
import { forecastWith } from '../../forecasts.ts';
import { NOW, testDecision, testSettings } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';
import { metricsPage } from './metrics-page.ts';

let daemon: TestDaemon;

beforeEach(() => {
  daemon = testDaemon();
});

/** Samples by name with labels, as text. */
async function scrape(): Promise<Map<string, string>> {
  const text = await exposition(daemon, '1.2.3', { malformed: 4 }).text();
  const lines = text.split('\n').filter((line) => line.startsWith('dta_slo_'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
}

function everythingKnown(): void {
  for (let i = 0; i < 30; i += 1) {
    daemon.intake.recordRequest('auth-service', 'order-processing', 0.05, i === 0, NOW - 299 + i);
    daemon.intake.recordEndToEnd('order-processing', 0.2, false, NOW - 299 + i);
  }
  daemon.intake.recordRequest('nope', 'order-processing', 1);
  daemon.decisions.push(testDecision('d'));
  daemon.forecastList.push(
    forecastWith({
      chain: 'order-processing',
      model: 'ewma',
      medians: [10, 11],
      maximum95: 15,
      errorRatio: 0.0625,
    }),
  );
  daemon.predictor = {
    backend: 'wasm-simd',
    training: true,
    lastTraining: { kind: 'trained', epochs: 3, validationLoss: 0.1, seconds: 4, atSeconds: NOW - 60 },
  };
  daemon.passes = {
    completed: { interval: 3, 'in-place': 40, 'burn-rate': 1, 'load-jump': 0, request: 2 },
    failed: 1,
    lastDurationSeconds: 0.012,
    lastAtSeconds: NOW,
  };
  daemon.objectiveMetrics = {
    utilization: [{ resource: 'cpu', source: 'estimated', ratio: 0.4 }],
    chains: [
      {
        chain: 'order-processing',
        source: 'end-to-end',
        violationRatio: 0.02,
        violatingWindowsRatio: 0.1,
        averageSeconds: 0.2,
        quantiles: { '0.5': 0.2, '0.95': 0.3 },
        burnRates: { short: 3, long: 2.5 },
      },
    ],
    fairness: 0.97,
  };
  daemon.operator.setMode('payment-service', 'rolling');
  daemon.operator.pause('deploy');
}

describe('the metrics', () => {
  it('carry what is known, in base units', async () => {
    everythingKnown();
    const samples = await scrape();
    const expected = {
      'dta_slo_resource_utilization_ratio{resource="cpu",source="estimated"}': '0.4',
      'dta_slo_slo_violation_ratio{chain="order-processing"}': '0.02',
      'dta_slo_slo_violating_windows_ratio{chain="order-processing"}': '0.1',
      'dta_slo_end_to_end_latency_seconds{chain="order-processing"}': '0.2',
      'dta_slo_end_to_end_latency_quantile_seconds{chain="order-processing",percentile="0.95"}': '0.3',
      dta_slo_fairness_index: '0.97',
      'dta_slo_error_budget_burn_rate{chain="order-processing",window="60s"}': '3',
      dta_slo_records_accepted_total: '60',
      'dta_slo_records_rejected_total{reason="unknown-service"}': '1',
      'dta_slo_records_rejected_total{reason="malformed"}': '4',
      'dta_slo_slo_latency_seconds{chain="user-registration"}': '0.2',
      'dta_slo_expected_latency_seconds{chain="user-registration"}': '0.15',
      'dta_slo_slo_feasible{chain="order-processing"}': '0',
      'dta_slo_shadow_price{chain="user-registration"}': '80',
      'dta_slo_allocation_cpu_cores{service="auth-service",allocation="recommended"}': '2',
      'dta_slo_allocation_cpu_cores{service="auth-service",allocation="in-force"}': '4',
      'dta_slo_allocation_memory_bytes{service="auth-service",allocation="in-force"}': '8589934592',
      'dta_slo_decision_services{status="shrink",reason="largest-step"}': '1',
      dta_slo_plan_cost: '1838.4',
      dta_slo_paused: '1',
      dta_slo_paused_timestamp_seconds: String(NOW),
      'dta_slo_frozen{growth="allow"}': '0',
      'dta_slo_service_mode{service="auth-service",mode="recommend",source="configuration"}': '1',
      'dta_slo_service_mode{service="payment-service",mode="rolling",source="operator"}': '1',
      'dta_slo_passes_total{trigger="interval"}': '3',
      dta_slo_passes_failed_total: '1',
      dta_slo_ready: '1',
      dta_slo_pass_interval_seconds: '300',
      dta_slo_last_pass_duration_seconds: '0.012',
      dta_slo_last_pass_timestamp_seconds: String(NOW),
      'dta_slo_forecast_requests_per_second{chain="order-processing",model="ewma",value="maximum95"}': '15',
      'dta_slo_forecast_error_ratio{chain="order-processing"}': '0.0625',
      'dta_slo_profile_confidence_ratio{service="auth-service",chain="order-processing",source="prior"}':
        '0.4',
      'dta_slo_profile_confidence_ratio{service="payment-service",chain="order-processing",source="none"}':
        '0',
      dta_slo_predictor_training: '1',
      'dta_slo_predictor_last_training_timestamp_seconds{outcome="trained"}': String(NOW - 60),
      [`dta_slo_build_info{version="1.2.3",node="${process.version}",backend="wasm-simd"}`]: '1',
    };
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, samples.get(name)]))).toEqual(
      expected,
    );
    expect(
      Number(
        samples.get('dta_slo_service_latency_p95_seconds{service="auth-service",chain="order-processing"}'),
      ),
    ).toBeCloseTo(0.05, 2);
    expect(Number(samples.get('dta_slo_chain_requests_per_second{chain="order-processing"}'))).toBeCloseTo(
      0.1,
      2,
    );
  });

  it('have a sample of every family when everything is known', async () => {
    everythingKnown();
    const names = new Set([...(await scrape()).keys()].map((name) => name.replace(/\{.*/, '')));
    expect(FAMILIES.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });

  it('leave out what is not known, instead of a zero or NaN', async () => {
    const samples = await scrape();
    for (const name of [
      'dta_slo_fairness_index',
      'dta_slo_plan_cost',
      'dta_slo_last_pass_timestamp_seconds',
    ]) {
      expect(samples.has(name)).toBe(false);
    }
    daemon.decisions.push(testDecision('d'));
    const decided = await scrape();
    expect(decided.has('dta_slo_expected_latency_seconds{chain="order-processing"}')).toBe(false);
    expect([...decided.values()].filter((value) => !Number.isFinite(Number(value)))).toEqual([]);
  });

  it('say when the daemon is not ready, and when an operator has paused it', async () => {
    const settings = testSettings();
    daemon = testDaemon({ ...settings, control: { ...settings.control, paused: true } });
    daemon.notReady.push('the history cannot be written');
    const samples = await scrape();
    expect(samples.get('dta_slo_ready')).toBe('0');
    expect(samples.get('dta_slo_paused')).toBe('1');
  });

  it('forget the labels of an earlier scrape', async () => {
    daemon.decisions.push(testDecision('d'));
    const metrics = exposition(daemon, '1.2.3', { malformed: 0 });
    expect(await metrics.text()).toContain(
      'dta_slo_decision_services{status="shrink",reason="largest-step"} 1',
    );
    daemon.decisions.push({ ...testDecision('e'), services: [] });
    expect(await metrics.text()).not.toContain('largest-step');
  });

  it('count the same twice when nothing happened in between', async () => {
    daemon.intake.recordEndToEnd('order-processing', 0.1);
    const metrics = exposition(daemon, '1.2.3', { malformed: 0 });
    await metrics.text();
    expect(await metrics.text()).toContain('dta_slo_records_accepted_total 1\n');
  });

  it('show learned names up to a bound only', async () => {
    const settings = testSettings();
    daemon = testDaemon({ ...settings, monitoring: { ...settings.monitoring, unknown: 'learn' } });
    for (let i = 0; i < MOST_LEARNED_SERIES + 50; i += 1)
      daemon.intake.recordRequest(`learned-${i}`, 'c', 0.1);
    daemon.intake.recordRequest('payment-service', 'order-processing', 0.1);
    const shown = [...(await scrape()).keys()].filter((name) =>
      name.startsWith('dta_slo_service_requests_per_second'),
    );
    expect(shown).toHaveLength(MOST_LEARNED_SERIES + 1);
    expect(shown.some((name) => name.includes('payment-service'))).toBe(true);
  });

  it('follow the naming rules of Prometheus', () => {
    for (const { name, type, help } of FAMILIES) {
      expect(name).toMatch(/^dta_slo_[a-z0-9_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help).toMatch(/\.$/);
    }
  });

  it.runIf(process.platform === 'linux')(
    'are what docs/metrics.md describes (vitest -u writes it)',
    async () => {
      const { metrics } = exposition(daemon, '1.2.3', { malformed: 0 });
      const own = new Set(FAMILIES.map(({ name }) => name));
      const page = metricsPage(
        FAMILIES,
        metrics.filter(({ name }) => !own.has(name)),
      );
      await expect(page).toMatchFileSnapshot('../../../docs/metrics.md');
    },
  );
});
