import { medianInPlace } from './medians.ts';
import type { ServiceModel } from './service-fit.ts';
import { demandCoresOf } from './service-load.ts';
import type { WindowTable } from './window-table.ts';

/** A service as far as it tells of the machines' speed. */
export interface DriftWitness {
  readonly model: ServiceModel;
  readonly table: WindowTable;
  /** Cores that one instance can use. */
  readonly parallelism: number;
}

/** The weight of a window falls to 1/e over so long a time, s: two windows. */
const LASTING_SECONDS = 120;
const FARTHEST_SECONDS = 5 * LASTING_SECONDS;
/** How many windows "no drift" weighs. */
const CALM_WEIGHT = 0.6;
/** Closer to its capacity a service cannot use more, however slow the machine is. */
const CUT_OFF = 0.9;
const MOST = Math.log(1.25);

/**
 * By how much more CPU than their demands promise all services need around a time: CPU per request drifts with the
 * machines' speed, for all of them together and for minutes. exp of the mean of the windows' medians over the services of
 * log(used / Σ rate·d), weighted with exp(−|Δt| / 2 windows) and drawn to none; at most 1.25 and at least 1/1.25. A window that
 * begins at that very time does not tell.
 */
export function demandDrift(witnesses: Iterable<DriftWitness>, seconds: number): number {
  const byStart = new Map<number, number[]>();
  for (const witness of witnesses) noteResiduals(witness, seconds, byStart);
  let sum = 0;
  let weights = CALM_WEIGHT;
  for (const [start, residuals] of byStart) {
    const weight = Math.exp(-Math.abs(start - seconds) / LASTING_SECONDS);
    sum += weight * medianInPlace(Float64Array.from(residuals));
    weights += weight;
  }
  return Math.exp(Math.min(MOST, Math.max(-MOST, sum / weights)));
}

function noteResiduals(
  { model, table, parallelism }: DriftWitness,
  seconds: number,
  byStart: Map<number, number[]>,
): void {
  if (model.demandSource !== 'measured-cpu') return;
  for (let row = table.rowSince(seconds - FARTHEST_SECONDS); row < table.count; row++) {
    const start = table.starts[row]!;
    if (start > seconds + FARTHEST_SECONDS) return;
    const capacity = Math.min(table.cpus[row]!, parallelism) * table.instances[row]!;
    const used = table.used[row]!;
    const explained = demandCoresOf(model, table, row);
    if (start === seconds || !(used > 0 && explained > 0 && used < CUT_OFF * capacity)) continue;
    const residual = Math.log(used / explained);
    const residuals = byStart.get(start);
    if (residuals === undefined) byStart.set(start, [residual]);
    else residuals.push(residual);
  }
}
