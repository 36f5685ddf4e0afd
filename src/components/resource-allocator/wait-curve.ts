/**
 * The waiting curve h(C) = scale · C^(−power) / (C − D) and its inverses. It is positive, convex and decreasing for
 * C > D, power ≥ 0: a product of two such functions.
 */

/** A Newton step that is this short, relatively, ends where the next one would not be seen: its error is the square. */
const CLOSE = 1e-8;

/** h(C); Infinity at or below the demand. */
export function waitAt(capacity: number, demand: number, scale: number, power: number): number {
  if (capacity <= demand) return Number.POSITIVE_INFINITY;
  const spread = scale / (capacity - demand);
  return power === 0 ? spread : spread * capacity ** -power;
}

/** −h′(C) = h·(power/C + 1/(C − D)). */
export function waitSlopeAt(capacity: number, demand: number, scale: number, power: number): number {
  return waitAt(capacity, demand, scale, power) * (power / capacity + 1 / Math.max(0, capacity - demand));
}

/**
 * Inverse of h between two capacities: the C with h(C) = wait, clipped to [least, most]. For power 0 that is
 * C = D + scale/wait.
 */
export function capacityForWait(
  wait: number,
  demand: number,
  scale: number,
  power: number,
  least: number,
  most: number,
): number {
  if (!(wait > 0)) return most;
  const ratio = scale / wait;
  if (power === 0) return clip(demand + ratio, least, most);
  return root(false, Math.log(ratio), ratio * demand ** -power, demand, power, least, most);
}

/**
 * Inverse of −h′: the C with weight · −h′(C) = price, clipped to [least, most]. For power 0 that is
 * C = D + sqrt(scale·weight/price), the KKT condition of DESIGN section 3, "Program". The search begins at `near` where
 * that lies between the two.
 */
export function capacityForSlope(
  weight: number,
  price: number,
  demand: number,
  scale: number,
  power: number,
  least: number,
  most: number,
  near: number,
): number {
  if (!(price > 0)) return most;
  const ratio = (scale * weight) / price;
  if (power === 0) return clip(demand + Math.sqrt(ratio), least, most);
  const isNear = near > least && near < most;
  const guess = isNear ? near - demand : Math.sqrt(ratio * demand ** -power);
  return root(true, Math.log(ratio), guess, demand, power, least, most);
}

/**
 * Newton on the logarithm of h (or of −h′) over ln(C − D), which is nearly a straight line, kept inside the bracket;
 * 60 steps at the very most, 2 to 4 as a rule.
 */
function root(
  ofSlope: boolean,
  goal: number,
  guess: number,
  demand: number,
  power: number,
  least: number,
  most: number,
): number {
  let low = Math.max(least - demand, most * 1e-15);
  let high = Math.max(most - demand, low);
  let spare = clip(guess, low, high);
  for (let step = 0; step < 60; step++) {
    const capacity = demand + spare;
    let value = goal - power * Math.log(capacity) - Math.log(spare);
    let fall = 1 + (power * spare) / capacity;
    if (ofSlope) {
      const inner = power / capacity + 1 / spare;
      value += Math.log(inner);
      fall += (spare * (power / (capacity * capacity) + 1 / (spare * spare))) / inner;
    }
    if (value > 0) low = spare;
    else high = spare;
    const newton = spare * Math.exp(value / fall);
    const next = newton >= low && newton <= high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - spare) <= CLOSE * spare) return clip(demand + next, least, most);
    spare = next;
  }
  return clip(demand + spare, least, most);
}

function clip(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
