import type { ResourceAllocation, ServiceSpec } from '../models/data-models.ts';
import type { ReasonCode } from '../models/decisions.ts';

/** What one service is about to get, on its way from the plan through the guard. */
export interface Draft {
  readonly service: ServiceSpec;
  /** Where steps are counted from: the capacity in force, in recommend mode the last recommendation. */
  readonly baseline: ResourceAllocation;
  /** What the optimiser asked for; absent when it had nothing to plan with. */
  readonly planned?: ResourceAllocation;
  readonly target: ResourceAllocation;
  readonly reason: ReasonCode;
  readonly explanation: string;
}

/** "2 × 0.5 cores, 512 MiB". */
export function describeAllocation({ cpu, memory, instances }: ResourceAllocation): string {
  return `${instances} × ${formatNumber(cpu)} cores, ${formatNumber(memory)} MiB`;
}

/** "430 ms" below ten seconds, "12.3 s" above. */
export function describeLatency(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'no bound';
  return seconds < 10 ? `${formatNumber(seconds * 1000)} ms` : `${formatNumber(seconds)} s`;
}

/** "2027-01-15 08:00:00 UTC". */
export function describeTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** At most three significant figures below 1,000, whole above. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toString();
  return Number.parseFloat(value.toPrecision(3)).toString();
}
