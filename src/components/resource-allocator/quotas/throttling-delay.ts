/**
 * How long a visit waits because its instance's CPU quota is used up, under CFS bandwidth control (Linux,
 * Documentation/scheduler/sched-bwc.rst): in each period of T an instance may use u·T of CPU; what does not fit waits for
 * the next period.
 *
 * Requests come at random and bring work of mean w and second moment E[W²] (compound Poisson): the work of a time t has
 * mean D·t and variance D·t·m with m = E[W²]/E[W]; it is taken for gamma distributed, of shape D·t/m and scale m. What is
 * left over at the end of a period, B, follows Lindley's recursion B' = max(0, B + A(T) − u·T) (Lindley, The theory of queues
 * with a single server, Proceedings of the Cambridge Philosophical Society 48, 1952), which is iterated on a grid to its
 * stationary distribution. A visit that comes at φ·T after the start of a period finds B + A(φT) before it and is through
 * in the k-th period from now if that and its own work fit into k + 1 quotas: it waits (k − φ)·T.
 *
 * In units of m and T all of it depends on two numbers: a = D·T/m, requests' work in a period, and ρ = D/u.
 */

/** CFS period, s. */
export const PERIOD_SECONDS = 0.1;

/** Delays are known at 0, 0.1, … 6 periods. */
export const DELAY_STEP = 0.1;
export const DELAYS = 61;

/** Cells of the table: even in ln a and in ρ. */
const LOG_WORK_STEP = 0.25;
const UTILIZATION_STEP = 0.02;
const LEAST_WORK = 0.05;
const MOST_WORK = 3000;
export const LEAST_UTILIZATION = 0.04;
export const HIGHEST_UTILIZATION = 0.96;

/** Times within the period at which visits come. */
const PHASES = 10;
/** Steps of the grid: in a standard deviation of the work, and in m, at least; in a quota at least four. */
const STEPS_IN_DEVIATION = 4;
const STEPS_IN_UNIT = 5;
const LEAST_STEPS_IN_QUOTA = 4;
/** Work of the visit itself, in m: E[S]²/E[S²] of visits whose squared coefficient of variation is about a half. */
const OWN_WORK = 0.7;
const MOST_ROUNDS = 300;
const CONVERGED = 1e-5;
/** Probabilities below are not told apart. */
const NEVER = 1e-9;

/** Logarithms of P(delay > i·0.1 periods), i = 0 … 60; computed when first asked for. */
const cells = new Map<number, Float64Array>();

/**
 * ln P(delay > i·0.1 periods) for i = 0 … 60, into `into`. Less work than is tabulated counts as more of it in the same
 * quota: what seldom comes is delayed by itself alone, and a smaller quota would not be what it meets.
 *
 * @param work a, the work of a period in units of m; at most 3000
 * @param utilization ρ; taken into [0.04, 0.96]
 */
export function logDelayTail(work: number, utilization: number, into: Float64Array): void {
  const [a, rho] = tabulated(Math.min(MOST_WORK, work), utilization);
  const row = Math.log(a) / LOG_WORK_STEP;
  const column = rho / UTILIZATION_STEP;
  const i = Math.floor(row);
  const j = Math.floor(column);
  const [up, right] = [row - i, column - j];
  const [low, high] = [cellAt(i, j), cellAt(i + 1, j)];
  const [lowNext, highNext] = [cellAt(i, j + 1), cellAt(i + 1, j + 1)];
  for (let x = 0; x < DELAYS; x++) {
    const here = (1 - up) * low[x]! + up * high[x]!;
    const next = (1 - up) * lowNext[x]! + up * highNext[x]!;
    into[x] = (1 - right) * here + right * next;
  }
}

/** The least a in the table for the same quota a/ρ, and what ρ is then. */
function tabulated(work: number, utilization: number): readonly [number, number] {
  const quota = utilization > 0 ? work / utilization : Number.POSITIVE_INFINITY;
  const a = Math.min(MOST_WORK, Math.max(work, LEAST_WORK, LEAST_UTILIZATION * quota));
  const rho = a > work ? a / quota : utilization;
  return [a, Math.min(HIGHEST_UTILIZATION - 1e-9, Math.max(LEAST_UTILIZATION, rho))];
}

function cellAt(i: number, j: number): Float64Array {
  const key = i * 64 + j;
  let cell = cells.get(key);
  if (cell === undefined) {
    const tail = delayTail(Math.exp(i * LOG_WORK_STEP), j * UTILIZATION_STEP);
    cell = tail.map((share) => Math.log(Math.max(NEVER, share)));
    cells.set(key, cell);
  }
  return cell;
}

/** P(delay > i·0.1 periods), i = 0 … 60, for exactly this a and ρ < 1. */
export function delayTail(work: number, utilization: number): Float64Array {
  const quota = work / utilization;
  const widest = Math.max(1 / STEPS_IN_UNIT, Math.sqrt(work) / STEPS_IN_DEVIATION);
  const stepsInQuota = Math.max(LEAST_STEPS_IN_QUOTA, Math.ceil(quota / widest));
  const step = quota / stepsInQuota;
  const leftOver = stationary(arrivalsOf(work, step), stepsInQuota, leftOverSteps(work, quota, step));
  const tail = new Float64Array(DELAYS);
  for (let phase = 0; phase < PHASES; phase++) {
    const share = (phase + 0.5) / PHASES;
    const before = convolved(leftOver, arrivalsOf(work * share, step));
    for (let x = 0; x < DELAYS; x++) {
      const quotas = Math.floor(x * DELAY_STEP + share + 1e-9) + 1;
      tail[x]! += above(before, quotas * stepsInQuota - OWN_WORK / step) / PHASES;
    }
  }
  return tail;
}

/** Left-over work that is looked at: twelve times its mean in heavy traffic (Kingman), at most seven quotas. */
function leftOverSteps(work: number, quota: number, step: number): number {
  const mean = work / (2 * (quota - work));
  return Math.ceil(Math.min(7 * quota, 12 * mean + 4 * Math.sqrt(work) + 4) / step) + 1;
}

/** Probabilities of the multiples of `step` from `first` on. */
interface Work {
  readonly first: number;
  readonly shares: Float64Array;
}

/** Gamma of the given shape and scale 1, to ten standard deviations. */
function arrivalsOf(shape: number, step: number): Work {
  const reach = 8 * Math.sqrt(shape) + 12;
  const first = Math.max(0, Math.floor((shape - reach) / step));
  const count = Math.ceil((shape + reach) / step) + 1 - first;
  const logs = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const x = (first + i) * step;
    // At 0 the density may be infinite: all of the first half step together, ∫x^(a−1).
    logs[i] =
      x === 0 ? shape * Math.log(step / 2) - Math.log(shape) - Math.log(step) : (shape - 1) * Math.log(x) - x;
  }
  const most = logs.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
  const shares = logs.map((value) => Math.exp(value - most));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return { first, shares: shares.map((share) => share / total) };
}

/** Of what is left over at the end of a period, from nothing on. What would be beyond the end stays at it. */
function stationary({ first, shares }: Work, quota: number, size: number): Float64Array {
  let present = new Float64Array(size);
  present[0] = 1;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = new Float64Array(size);
    for (let from = 0; from < size; from++) {
      const share = present[from]!;
      if (share < NEVER / 100) continue;
      const shift = from + first - quota;
      for (let i = 0; i < shares.length; i++) {
        const to = shift + i;
        next[to < 0 ? 0 : to >= size ? size - 1 : to]! += share * shares[i]!;
      }
    }
    let change = 0;
    for (let i = 0; i < size; i++) change += Math.abs(next[i]! - present[i]!);
    present = next;
    if (change < CONVERGED) break;
  }
  return present;
}

function convolved(left: Float64Array, { first, shares }: Work): Work {
  const sums = new Float64Array(left.length + shares.length - 1);
  for (let i = 0; i < left.length; i++) {
    const share = left[i]!;
    if (share < NEVER / 100) continue;
    for (let j = 0; j < shares.length; j++) sums[i + j]! += share * shares[j]!;
  }
  return { first, shares: sums };
}

/** P(work > limit steps), each probability spread evenly over the step around its place. */
function above({ first, shares }: Work, limit: number): number {
  const place = limit - first + 0.5;
  if (place <= 0) return 1;
  const whole = Math.floor(place);
  let sum = 0;
  for (let i = whole + 1; i < shares.length; i++) sum += shares[i]!;
  return Math.min(1, sum + (whole < shares.length ? shares[whole]! * (whole + 1 - place) : 0));
}
