import type { ServiceColumns } from './program.ts';
import { capacityForSlope, capacityForWait, waitAt } from './wait-curve.ts';

/**
 * The services' answer to the multipliers: for W = Σ μ·weight over the chains through a service, the capacity that
 * minimises cost(C) + W·h(C), seen through its wait h and how that changes with W.
 */
export interface Response {
  /** W. */
  readonly weight: Float64Array;
  readonly wait: Float64Array;
  /** C − D. */
  readonly spare: Float64Array;
  /** −dh/dW, never negative; 0 at bounds and at the kink. */
  readonly yielding: Float64Array;
  /** Scratch: the weights from which a search along a direction starts. */
  readonly base: Float64Array;
  /** Scratch: the branches on the way through a chain that is moved along. */
  readonly way: number[];
  /** Relative error at which a search along a direction stops. */
  tolerance: number;
}

export function allocateResponse(count: number): Response {
  return {
    weight: new Float64Array(count),
    wait: new Float64Array(count),
    spare: new Float64Array(count),
    yielding: new Float64Array(count),
    base: new Float64Array(count),
    way: [],
    tolerance: 0,
  };
}

/** Brings wait, spare capacity and yielding of service s in line with its weight. */
export function respond(columns: ServiceColumns, response: Response, s: number): void {
  const weight = response.weight[s]!;
  if (weight <= columns.leaveLower[s]!) rest(columns, response, s, columns.waitLower[s]!, columns.lower[s]!);
  else if (weight < columns.reachMiddle[s]!) {
    if (columns.powerBelow[s]! === 0) follow(response, s, columns.scaleBelow[s]!, columns.priceBelow[s]!);
    else followCurveBelow(columns, response, s);
  } else if (weight <= columns.leaveMiddle[s]!)
    rest(columns, response, s, columns.waitMiddle[s]!, columns.middle[s]!);
  else if (weight < columns.reachUpper[s]!) {
    if (columns.powerAbove[s]! === 0) follow(response, s, columns.scaleAbove[s]!, columns.priceAbove[s]!);
    else followCurveAbove(columns, response, s);
  } else rest(columns, response, s, columns.waitUpper[s]!, columns.upper[s]!);
}

/** Nearest W above (direction > 0) or below at which a service that rests begins to yield; NaN when there is none. */
export function nextThreshold(columns: ServiceColumns, weight: number, s: number, direction: number): number {
  if (direction > 0) {
    if (weight <= columns.leaveLower[s]!) return finite(columns.leaveLower[s]!);
    return weight <= columns.leaveMiddle[s]! ? finite(columns.leaveMiddle[s]!) : Number.NaN;
  }
  if (weight >= columns.reachUpper[s]!) return columns.reachUpper[s]!;
  return weight >= columns.reachMiddle[s]! ? columns.reachMiddle[s]! : Number.NaN;
}

/** Continuous capacity that has the given wait: the inverse of h over both sides of the kink. */
export function capacityOfWait(columns: ServiceColumns, s: number, wait: number): number {
  const middle = columns.middle[s]!;
  const demand = columns.demand[s]!;
  if (wait >= columns.waitLower[s]!) return columns.lower[s]!;
  if (wait <= columns.waitUpper[s]!) return columns.upper[s]!;
  return wait > columns.waitMiddle[s]!
    ? capacityForWait(wait, demand, columns.scaleBelow[s]!, columns.powerBelow[s]!, columns.lower[s]!, middle)
    : capacityForWait(
        wait,
        demand,
        columns.scaleAbove[s]!,
        columns.powerAbove[s]!,
        middle,
        columns.upper[s]!,
      );
}

function rest(columns: ServiceColumns, response: Response, s: number, wait: number, capacity: number): void {
  response.wait[s] = wait;
  response.spare[s] = capacity - columns.demand[s]!;
  response.yielding[s] = 0;
}

/** Power 0: h = sqrt(scale·price/W), so C − D = scale/h and dh/dW = −h/(2W). */
function follow(response: Response, s: number, scale: number, price: number): void {
  const weight = response.weight[s]!;
  const wait = Math.sqrt((scale * price) / weight);
  response.wait[s] = wait;
  response.yielding[s] = wait / (2 * weight);
  response.spare[s] = scale / wait;
}

function followCurveBelow(columns: ServiceColumns, response: Response, s: number): void {
  const { lower, middle, powerBelow, priceBelow, scaleBelow } = columns;
  const [scale, power, price] = [scaleBelow[s]!, powerBelow[s]!, priceBelow[s]!];
  followCurve(columns, response, s, scale, power, price, lower[s]!, middle[s]!);
}

function followCurveAbove(columns: ServiceColumns, response: Response, s: number): void {
  const { middle, powerAbove, priceAbove, scaleAbove, upper } = columns;
  const [scale, power, price] = [scaleAbove[s]!, powerAbove[s]!, priceAbove[s]!];
  followCurve(columns, response, s, scale, power, price, middle[s]!, upper[s]!);
}

/** From W·(−h′(C)) = price: dh/dW = −h·q²/(W·(q² + power/C² + 1/y²)), q = power/C + 1/y, y = C − D. */
function followCurve(
  columns: ServiceColumns,
  response: Response,
  s: number,
  scale: number,
  power: number,
  price: number,
  least: number,
  most: number,
): void {
  const weight = response.weight[s]!;
  const demand = columns.demand[s]!;
  const capacity = capacityForSlope(
    weight,
    price,
    demand,
    scale,
    power,
    least,
    most,
    demand + response.spare[s]!,
  );
  const wait = waitAt(capacity, demand, scale, power);
  const spare = capacity - demand;
  const inner = power / capacity + 1 / spare;
  const curvature = power / (capacity * capacity) + 1 / (spare * spare);
  response.wait[s] = wait;
  response.spare[s] = spare;
  response.yielding[s] = (wait * inner * inner) / (weight * (inner * inner + curvature));
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
