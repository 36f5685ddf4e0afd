import type { Program } from './program.ts';
import { nextThreshold, type Response, respond } from './response.ts';

const MOST_STEPS = 30;
const BEYOND = 1e-9;

/**
 * Moves along a direction until its time Σ weight·h equals `target`, or as near as `least` ≤ t ≤ `most` allow: exact
 * maximisation of the dual along a line, since that difference is the derivative. Updates the response and returns t.
 * Safeguarded Newton, whose step is not looked at when the square of the error before is small enough; where no service yields it goes on to the next capacity that does.
 */
export function moveAlong(
  program: Program,
  response: Response,
  from: number,
  to: number,
  target: number,
  least: number,
  most: number,
): number {
  const { services, chains } = program;
  const { visitService, visitWeight } = chains;
  const { base, wait, weight, yielding } = response;
  for (let j = from; j < to; j++) base[j - from] = weight[visitService[j]!]!;
  let at = 0;
  let low = least;
  let high = most;
  let lowIsTried = false;
  let highIsTried = false;
  for (let round = 0; round < MOST_STEPS; round++) {
    let time = 0;
    let size = Math.abs(target);
    let slope = 0;
    for (let j = from; j < to; j++) {
      const s = visitService[j]!;
      const step = visitWeight[j]!;
      const part = step * wait[s]!;
      time += part;
      size += Math.abs(part);
      slope += step * step * yielding[s]!;
    }
    const excess = time - target;
    if (Math.abs(excess) <= response.tolerance * size) return at;
    if (excess > 0) {
      low = at;
      lowIsTried = true;
    } else {
      high = at;
      highIsTried = true;
    }
    if (low >= high) return at;
    let length = excess > 0 && target > 0 ? wayToYielding(program, response, from, to, target) : 0;
    if (length === 0 && slope > 0) length = newtonStep(time, target, slope);
    else if (length === 0) length = jump(program, response, from, to, excess);
    let next = Number.isNaN(length) ? (excess > 0 ? most : least) : at + length;
    if (next >= high) next = highIsTried ? (low + high) / 2 : high;
    else if (next <= low) next = lowIsTried ? (low + high) / 2 : low;
    if (!Number.isFinite(next) || next === at) return at;
    const isLast = slope > 0 && excess * excess <= response.tolerance * size * size && next === at + length;
    at = next;
    for (let j = from; j < to; j++) {
      const s = visitService[j]!;
      weight[s] = Math.max(0, base[j - from]! + at * visitWeight[j]!);
      respond(services, response, s);
    }
    if (isLast) return at;
  }
  return at;
}

/**
 * Newton on (target/time)², which is nearly linear along a direction because h falls like W^(−1/2); on the time itself
 * where that has no meaning.
 */
function newtonStep(time: number, target: number, slope: number): number {
  const plain = (time - target) / slope;
  if (!(target > 0 && time > 0)) return plain;
  return (plain * (time + target) * time) / (2 * target * target);
}

/**
 * A service that rests at its lower bound and alone takes longer than the target has to leave it: way until all such
 * services do, 0 when there are none.
 */
function wayToYielding(
  program: Program,
  response: Response,
  from: number,
  to: number,
  target: number,
): number {
  const { visitService, visitWeight } = program.chains;
  const { leaveLower } = program.services;
  let way = 0;
  for (let j = from; j < to; j++) {
    const s = visitService[j]!;
    const step = visitWeight[j]!;
    const missing = leaveLower[s]! * (1 + BEYOND) - response.weight[s]!;
    if (missing > 0 && step * response.wait[s]! > target) way = Math.max(way, missing / step);
  }
  return way;
}

/** Way to just beyond the nearest weight at which one of the services begins to yield; NaN when none does. */
function jump(program: Program, response: Response, from: number, to: number, excess: number): number {
  const { visitService, visitWeight } = program.chains;
  let nearest = Number.NaN;
  for (let j = from; j < to; j++) {
    const s = visitService[j]!;
    const step = visitWeight[j]!;
    const weight = response.weight[s]!;
    const direction = excess > 0 === step > 0 ? 1 : -1;
    const threshold = nextThreshold(program.services, weight, s, direction) * (1 + direction * BEYOND);
    const distance = Math.abs((threshold - weight) / step);
    if (!Number.isNaN(distance) && !(distance >= nearest)) nearest = distance;
  }
  return excess > 0 ? nearest : -nearest;
}
