import type { SimulatedSystem } from '../simulator/system.ts';
import type { DelayedActuator } from './actuator.ts';
import type { Parameters } from './policy.ts';
import type { RequestLog } from './request-log.ts';

/** What a run had used up and done by then, over all services, from its start. */
export interface Totals {
  readonly atSeconds: number;
  /** Allocated, instances that start or stop included. */
  readonly coreSeconds: number;
  /** The same by service. */
  readonly serviceCoreSeconds?: readonly number[];
  readonly mebibyteSeconds: number;
  readonly usedCoreSeconds: number;
  readonly changes: number;
  /** Those of them that took cores or memory away from a service. */
  readonly shrinks: number;
  readonly restarts: number;
}

/** One policy on one cell, as it went. */
export interface RecordedRun {
  readonly parameters: Parameters;
  readonly log: RequestLog;
  /** Every minute, where scores begin, where a metrics outage begins and ends, and at the end. */
  readonly totals: readonly Totals[];
  readonly wallSeconds: number;
}

export function totalsOf(
  system: SimulatedSystem,
  actuator: Pick<DelayedActuator, 'changes' | 'shrinks' | 'restarts'>,
): Totals {
  const over = (amount: (service: number) => number) =>
    sum(system.application.services.map((_, service) => amount(service)));
  return {
    atSeconds: system.nowSeconds,
    coreSeconds: over((service) => system.allocatedCoreSeconds(service)),
    serviceCoreSeconds: system.application.services.map((_, service) => system.allocatedCoreSeconds(service)),
    mebibyteSeconds: over((service) => system.allocatedMebibyteSeconds(service)),
    usedCoreSeconds: over((service) => system.cgroup(service).cpuSeconds),
    changes: sum(actuator.changes),
    shrinks: sum(actuator.shrinks),
    restarts: sum(actuator.restarts),
  };
}

/** What was added in [from, to]; totals must have been taken at both. */
export function usedBetween(run: RecordedRun, fromSeconds: number, toSeconds: number): Totals {
  const from = totalsAt(run, fromSeconds);
  const to = totalsAt(run, toSeconds);
  return {
    atSeconds: toSeconds,
    coreSeconds: to.coreSeconds - from.coreSeconds,
    mebibyteSeconds: to.mebibyteSeconds - from.mebibyteSeconds,
    usedCoreSeconds: to.usedCoreSeconds - from.usedCoreSeconds,
    changes: to.changes - from.changes,
    shrinks: to.shrinks - from.shrinks,
    restarts: to.restarts - from.restarts,
  };
}

function totalsAt(run: RecordedRun, seconds: number): Totals {
  const found = run.totals.find(({ atSeconds }) => Math.abs(atSeconds - seconds) < 1e-6);
  if (found === undefined) throw new Error(`no totals were taken at ${seconds} s`);
  return found;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
