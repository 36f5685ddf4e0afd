/**
 * CFS bandwidth control where arithmetic says what happens: visits of a known demand that come to an idle instance.
 * When its periods begin is chance; it is found out by looking at when a throttled instance burns CPU again.
 */
import type { Application } from '../application.ts';
import { Simulator } from '../simulator.ts';

const PERIOD_SECONDS = 0.1;

export interface QuotaCase {
  readonly cpu: number;
  /** Visits that come together, and as many threads: each is single-threaded, all have the same demand. */
  readonly threads: number;
  readonly demandSeconds: number;
}

export interface QuotaResult extends QuotaCase {
  readonly expected_seconds: number;
  readonly simulated_seconds: number;
}

/** A demand below a period's quota, one of just a whole number of quotas, one in between, several threads that share it. */
export const QUOTA_CASES: readonly QuotaCase[] = [
  { cpu: 0.2, threads: 1, demandSeconds: 0.005 },
  { cpu: 0.2, threads: 1, demandSeconds: 0.05 },
  { cpu: 0.1, threads: 1, demandSeconds: 0.033 },
  { cpu: 0.75, threads: 1, demandSeconds: 0.6 },
  { cpu: 0.4, threads: 4, demandSeconds: 0.025 },
  { cpu: 1.5, threads: 4, demandSeconds: 0.3 },
  { cpu: 4, threads: 4, demandSeconds: 0.25 },
];

/**
 * Time until visits are done that begin `left` before the end of a period. In it they burn quota and time at the rate of their
 * threads, as long as both last; then whole quotas go by in whole periods; the rest is burned at once. (Linux,
 * Documentation/scheduler/sched-bwc.rst.)
 */
export function quotaSeconds({ cpu, threads, demandSeconds }: QuotaCase, left: number): number {
  if (cpu >= threads) return demandSeconds;
  const perPeriod = (cpu * PERIOD_SECONDS) / threads;
  const first = Math.min(perPeriod, left);
  if (demandSeconds <= first) return demandSeconds;
  const rest = demandSeconds - first;
  const whole = Math.ceil(rest / perPeriod - 1e-9) - 1;
  return left + whole * PERIOD_SECONDS + (rest - whole * perPeriod);
}

/** The same seed gives the same phase to the same service: one run finds it, one is judged, at several places in a period. */
export function runQuotaCases(seed: number): QuotaResult[] {
  return QUOTA_CASES.flatMap((quota) =>
    [0, 0.03, 0.085].map((offset) => {
      const arrived = 1 + offset;
      const phase = periodStart(seed);
      const left = PERIOD_SECONDS - modulo(arrived - phase, PERIOD_SECONDS);
      return {
        ...quota,
        expected_seconds: quotaSeconds(quota, left),
        simulated_seconds: simulate(quota, arrived, seed),
      };
    }),
  );
}

function simulate(quota: QuotaCase, arrived: number, seed: number): number {
  let longest = 0;
  const system = systemOf(quota, arrived, seed, (latency) => {
    longest = Math.max(longest, latency);
  });
  system.advanceTo(Infinity);
  return longest;
}

/** Half of a period is throttled: the instance burns again from its end on. */
function periodStart(seed: number): number {
  const system = systemOf({ cpu: 0.5, threads: 1, demandSeconds: 10 }, 0, seed);
  const step = 0.001;
  const used = (): number => system.cgroup(0).cpuSeconds;
  let isIdle = false;
  for (let now = 0.2; ; now += step) {
    system.advanceTo(now);
    const before = used();
    system.advanceTo(now + step);
    const burned = used() - before;
    if (isIdle && burned > 1e-9) return now + step - burned;
    isIdle = burned < 1e-9;
  }
}

function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor;
}

function systemOf(
  { cpu, threads, demandSeconds }: QuotaCase,
  arrived: number,
  seed: number,
  onLatency?: (seconds: number) => void,
): Simulator {
  const call = { service: 0, demandSeconds, sigma: 0, waitSeconds: 0, errorRatio: 0, stages: [] };
  const application: Application = {
    name: 'quota',
    services: [
      {
        ...{ name: 'one', parallelism: threads, threads, queueLimit: Infinity },
        ...{ baseMemory: 0, memoryPerVisit: 0, minCpu: 0.1, maxCpu: 4, minMemory: 1, maxMemory: 1 },
        ...{ minInstances: 1, maxInstances: 1 },
      },
    ],
    chains: [{ name: 'all', share: 1, root: call, sloSeconds: 1 }],
  };
  return new Simulator({
    application,
    arrivals: {
      timesSeconds: new Float64Array(threads).fill(arrived),
      chains: new Uint16Array(threads),
    },
    initial: [{ cpu, memory: 1, instances: 1 }],
    seed,
    startupSeconds: 0,
    listener: { onRequest: (_chain, latency) => onLatency?.(latency) },
  });
}
