/** The measured windows of the files in the form of the product's port. */
import { readFileSync } from 'node:fs';
import type { Topology } from '../../src/models/data-models.ts';
import type { ServiceWindow } from '../../src/models/metrics.ts';

export type Row = Readonly<Record<string, string>>;
export type ServiceRows = {
  readonly service: string;
  readonly window: number;
  readonly rows: readonly Row[];
};
/** Predicted latency of a pair, s, in a window of its service. */
export type Predict = (window: ServiceRows, chain: string) => number;

/** Stages → branches, as in the topology file (a branch is one service there). */
export type Stages = readonly (readonly string[])[];

/** Windows get this many seconds of a day of their own. */
export const WINDOW_SPACING = 60;

export function groupByService(rows: readonly Row[]): ServiceRows[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows.filter((candidate) => candidate['host_saturated'] !== '1')) {
    const key = `${row['window_index']} ${row['service']}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => ({
    service: group[0]!['service']!,
    window: Number(group[0]!['window_index']),
    rows: group,
  }));
}

export function readCsv(path: string): Row[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header!.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
  });
}

export function readStages(path: string): Map<string, Stages> {
  const parsed: { chains: Record<string, { stages: Stages }> } = JSON.parse(readFileSync(path, 'utf8'));
  return new Map(Object.entries(parsed.chains).map(([chain, { stages }]) => [chain, stages]));
}

export function rowOf(window: ServiceRows, chain: string): Row | undefined {
  return window.rows.find((row) => row['chain'] === chain);
}

export function cell(window: ServiceRows, column: string): number {
  return Number(window.rows[0]![column]);
}

export function capacityOf(window: ServiceRows): number {
  return cell(window, 'cpu_limit_cores') * cell(window, 'instances');
}

export function serviceWindow(window: ServiceRows): ServiceWindow {
  return {
    service: window.service,
    startSeconds: window.window * WINDOW_SPACING,
    lengthSeconds: cell(window, 'window_seconds'),
    capacity: {
      cpu: cell(window, 'cpu_limit_cores'),
      instances: cell(window, 'instances'),
      memory: 0,
      source: 'applied',
      sinceSeconds: 0,
    },
    cpuUsedCores: cell(window, 'cpu_used_cores'),
    pairs: window.rows.map((row) => ({
      chain: row['chain']!,
      ratePerSecond: Number(row['rate_rps']),
      requests: Number(row['requests']),
      errorRatio: Number(row['errors']) / Math.max(1, Number(row['requests'])),
      percentileSeconds: Number(row['exclusive_p95_s']),
      meanSeconds: Number(row['exclusive_mean_s']),
    })),
  };
}

/** The chains in the product's form; each of their services is a branch of its own. */
export function topologyOf(stagesOf: ReadonlyMap<string, Stages>): Topology {
  const chains = new Map(
    [...stagesOf].map(([id, stages]) => [
      id,
      {
        id,
        slo: { latencySeconds: 1, percentile: 0.95, objective: 0.99, priority: 1 },
        stages: stages.map((stage) => stage.map((service) => [{ service, visits: 1 }])),
      },
    ]),
  );
  return { services: new Map(), chains };
}
