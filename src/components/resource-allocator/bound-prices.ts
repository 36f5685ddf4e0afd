import type { Compiled } from './compile-program.ts';
import type { ServiceColumns } from './program.ts';
import { costPerInstance, usableCores } from './service-columns.ts';
import { waitAt, waitSlopeAt } from './wait-curve.ts';

/** What loosening the upper bounds of a service would save: cost per core of maxCpu, and per instance. */
export interface BoundPrices {
  readonly perCore: number;
  readonly perInstance: number;
}

const NOTHING: BoundPrices = { perCore: 0, perInstance: 0 };

/** Relative distance at which a capacity is looked at as being at a bound or kink; prices there then say whether it is. */
const AT = 1e-3;

/**
 * Derivatives of the optimal cost with respect to the bounds. By the envelope theorem they are those of the Lagrangian
 * cost(C) + W·h(C) of the service alone: U = maxCpu stands in the number of instances C/U and in the u^−η of an instance
 * above the kink, and in the largest capacity n_max·U, whose own price is W·(−h′) − marginal cost where it binds. At the
 * kink C moves along with U, and the derivatives on its two sides count in the shares that balance there.
 */
export function boundPricesOf(compiled: Compiled, s: number, weight: number, capacity: number): BoundPrices {
  const columns = compiled.program.services;
  const service = compiled.services[s]!;
  if (service.fixed !== undefined || !(weight > 0)) return NOTHING;
  const usable = usableCores(service);
  const bound = boundPrice(columns, s, weight, capacity);
  const above = shareAbove(columns, s, weight, capacity, usable * service.minInstances);
  const wait = waitAt(capacity, columns.demand[s]!, columns.scaleAbove[s]!, columns.powerAbove[s]!);
  const perUsable =
    (costPerInstance(service) * capacity) / usable ** 2 + (weight * wait * service.verticalExponent) / usable;
  const perCore = bound * service.maxInstances + (above > 0 ? above * perUsable : 0);
  const isUsable = service.maxCpu <= service.parallelism;
  return { perCore: isUsable ? perCore : 0, perInstance: bound * usable };
}

/** What a core more would save at the largest capacity; 0 below it. */
function boundPrice(columns: ServiceColumns, s: number, weight: number, capacity: number): number {
  const upper = columns.upper[s]!;
  if (capacity < upper * (1 - AT)) return 0;
  const isAbove = upper > columns.middle[s]!;
  return Math.max(0, isAbove ? fallAbove(columns, s, weight, upper) : fallBelow(columns, s, weight, upper));
}

/** Share of the derivative above the kink: 0 below it, 1 above it, between them at it. */
function shareAbove(
  columns: ServiceColumns,
  s: number,
  weight: number,
  capacity: number,
  kink: number,
): number {
  if (capacity > kink * (1 + AT)) return 1;
  if (capacity < kink * (1 - AT) || columns.upper[s]! <= kink) return 0;
  const below = Math.max(0, fallBelow(columns, s, weight, kink));
  const above = Math.max(0, -fallAbove(columns, s, weight, kink));
  return below + above > 0 ? below / (below + above) : 0;
}

/** By how much a core more lowers cost + W·h on either side of the kink. */
function fallBelow(columns: ServiceColumns, s: number, weight: number, capacity: number): number {
  const slope = waitSlopeAt(capacity, columns.demand[s]!, columns.scaleBelow[s]!, columns.powerBelow[s]!);
  return weight * slope - columns.priceBelow[s]!;
}

function fallAbove(columns: ServiceColumns, s: number, weight: number, capacity: number): number {
  const slope = waitSlopeAt(capacity, columns.demand[s]!, columns.scaleAbove[s]!, columns.powerAbove[s]!);
  return weight * slope - columns.priceAbove[s]!;
}
