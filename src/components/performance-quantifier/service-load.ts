import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import type { WindowTable } from './window-table.ts';

/** A service at its latest load and capacity. */
export interface ServiceLoad {
  /** C, cores. */
  readonly capacityCores: number;
  /** Cores of one instance that count: min(u, m). */
  readonly cpu: number;
  /** ρ. */
  readonly utilization: number;
  readonly pairs: readonly PairLoad[];
}

export interface PairLoad {
  readonly chain: string;
  readonly model: PairModel;
  /** Demand of the chain, cores. */
  readonly cores: number;
}

/** The load of the newest window; with `changed`, one chain at another rate (visits/s). */
export function latestLoad(
  model: ServiceModel,
  table: WindowTable,
  parallelism: number,
  changed?: { readonly chain: string; readonly rate: number },
): ServiceLoad {
  const newest = table.count - 1;
  const cpu = Math.min(table.cpus[newest]!, parallelism);
  const capacityCores = cpu * table.instances[newest]!;
  const pairs = [...model.pairs].map(([chain, pair]) => {
    const rate = changed?.chain === chain ? changed.rate : (table.chains.get(chain)?.rates[newest] ?? 0);
    return { chain, model: pair, cores: rate * pair.demandCoreSeconds };
  });
  const utilization = pairs.reduce((sum, pair) => sum + pair.cores, model.baselineCores) / capacityCores;
  return { capacityCores, cpu, utilization, pairs };
}

/** d₀ + Σ rate·d of a window, cores. */
export function demandCoresOf(model: ServiceModel, table: WindowTable, row: number): number {
  let cores = model.baselineCores;
  for (const [chain, demand] of model.demands) cores += (table.chains.get(chain)?.rates[row] ?? 0) * demand;
  return cores;
}
