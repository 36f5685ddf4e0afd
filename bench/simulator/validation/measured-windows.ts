/** The measured windows of `--measurements`, as the fit and the simulation take them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  cell,
  groupByService,
  type Row,
  readCsv,
  readStages,
  type Stages,
} from '../../profile/measured-windows.ts';
import type { UseSample } from './demand-fit.ts';

/** What was measured of one chain at one service. */
export interface MeasuredPair {
  readonly service: string;
  readonly chain: string;
  readonly requests: number;
  readonly selfP95Seconds: number;
}

export interface MeasuredChain {
  readonly chain: string;
  readonly requests: number;
  /** Intended arrivals, 1/s. */
  readonly ratePerSecond: number;
  readonly p95Seconds: number;
}

/** Ten seconds of everything, at constant rates and quotas. */
export interface MeasuredWindow {
  readonly window: number;
  readonly uses: readonly UseSample[];
  readonly pairs: readonly MeasuredPair[];
  readonly chains: readonly MeasuredChain[];
  /** 99 % of the requests were sent at most so late, s: the load generator's own. */
  readonly sendLagSeconds: number;
  /** Busy cores of the machine, and those of them that are none of the services: the load generator, the kernel. */
  readonly hostCores: number;
  readonly otherCores: number;
}

export interface Measurements {
  readonly windows: readonly MeasuredWindow[];
  readonly stages: ReadonlyMap<string, Stages>;
}

/** Undefined when there are none in that folder. Windows in which the machine was saturated are left out. */
export function readMeasurements(folder: string): Measurements | undefined {
  const path = (name: string) => join(folder, `chains-a-${name}`);
  if (!existsSync(path('services.csv'))) return undefined;
  const services = groupByService(readCsv(path('services.csv')));
  const endToEnd = readCsv(path('end-to-end.csv'));
  const numbers = [...new Set(services.map(({ window }) => window))].sort((a, b) => a - b);
  return {
    stages: readStages(path('topology.json')),
    windows: numbers.map((window) => {
      const ofWindow = services.filter((each) => each.window === window);
      const chains = endToEnd.filter((row) => Number(row['window_index']) === window);
      return {
        window,
        uses: ofWindow.map((each) => ({
          service: each.service,
          window,
          usedCores: cell(each, 'cpu_used_cores'),
          limitCores: cell(each, 'cpu_limit_cores'),
          rates: new Map(each.rows.map((row) => [row['chain']!, Number(row['rate_rps'])])),
        })),
        pairs: ofWindow.flatMap(({ rows }) => rows.map(pairOf)),
        chains: chains.map(chainOf),
        sendLagSeconds: Number(chains[0]!['send_lag_p99_s']),
        hostCores: Number(chains[0]!['host_cpu_used']),
        otherCores: Number(chains[0]!['other_cpu_cores']),
      };
    }),
  };
}

function pairOf(row: Row): MeasuredPair {
  return {
    service: row['service']!,
    chain: row['chain']!,
    requests: Number(row['requests']),
    selfP95Seconds: Number(row['self_p95_s']),
  };
}

function chainOf(row: Row): MeasuredChain {
  return {
    chain: row['chain']!,
    requests: Number(row['requests']),
    ratePerSecond: Number(row['rate_rps']),
    p95Seconds: Number(row['e2e_p95_s']),
  };
}
