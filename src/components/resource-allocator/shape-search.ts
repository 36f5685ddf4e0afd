import { branchTime, waitingTime } from './chain-time.ts';
import { type Budget, bottoms, type Candidate, candidate, candidatesBelow } from './shape-candidates.ts';
import type { Shaping } from './shaping.ts';

/** Savings below this share of the cost count as nothing. */
const WORTH_IT = 1e-9;

/** What a service costs in steps before the search begins. */
const STEPS_TO_OPEN = 20;

/**
 * Reshapes a few services together as cheaply as can be while all others stay as they are: branch and bound over
 * their shapes, exact unless the budget runs out. The bound is Lagrange's (Geoffrion, _Lagrangean relaxation for integer
 * programming_, 1974): for any multipliers, shapes that keep every chain have Σ (cost + W·wait) ≤ Σ cost + Σ μ·(SLO −
 * floors). Returns whether something was saved.
 */
export function reshape(shaping: Shaping, services: readonly number[], budget: Budget): boolean {
  const search = openSearch(shaping, services, budget);
  if (search === undefined) return false;
  const { room, shapes } = shaping;
  for (const { s, choices } of search.fields) room.setWait(s, choices.at(-1)!.wait);
  descend(shaping, search, 0, 0, 0);
  for (const [i, { s, before }] of search.fields.entries()) {
    const chosen = search.best?.[i] ?? before;
    room.setWait(s, chosen.wait);
    shapes[s] = { instances: chosen.instances, cpu: chosen.cpu };
  }
  return search.best !== undefined;
}

interface Field {
  readonly s: number;
  readonly before: Candidate;
  /** By rising cost and falling wait. */
  readonly choices: readonly Candidate[];
  /** The same by rising priced cost. */
  readonly ranked: readonly Candidate[];
}

interface Search {
  readonly fields: readonly Field[];
  /** Least priced cost of the fields from i on. */
  readonly rest: Float64Array;
  /** What the priced cost of shapes that keep every chain is above their cost, at most. */
  readonly offset: number;
  readonly budget: Budget;
  readonly chosen: Candidate[];
  bestCost: number;
  best?: readonly Candidate[];
}

/** Undefined when nothing can be saved. */
function openSearch(shaping: Shaping, services: readonly number[], budget: Budget): Search | undefined {
  const { grids, shapes, weights, capacities, room } = shaping;
  for (const s of services) budget.left -= STEPS_TO_OPEN + 4 * room.chainsThrough(s);
  const present = services.map((s) =>
    candidate(grids[s]!, weights[s]!, shapes[s]!.instances, shapes[s]!.cpu),
  );
  const limits = longestWaits(shaping, services);
  const starts = services.map((s, i) => bottoms(grids[s]!, weights[s]!, limits[i]!, capacities[s]!, budget));
  const least = starts.map((own) => Math.min(...own.map(({ priced }) => priced)));
  const slack = pricedSlack(shaping, services);
  const gap = present.reduce((sum, { priced }, i) => sum + priced - least[i]!, slack);
  const cost = present.reduce((sum, own) => sum + own.cost, 0);
  if (!(gap > WORTH_IT * cost)) return undefined;
  const fields = services.map((s, i): Field => {
    const most = Math.max(present[i]!.priced, least[i]! + gap);
    const choices = candidatesBelow(grids[s]!, weights[s]!, limits[i]!, starts[i]!, most, budget);
    return { s, before: present[i]!, choices, ranked: [...choices].sort((a, b) => a.priced - b.priced) };
  });
  if (fields.some(({ choices, before }) => !(choices.at(-1)!.wait <= before.wait))) return undefined;
  fields.sort((a, b) => a.choices.length - b.choices.length);
  const waiting = present.reduce((sum, own) => sum + own.priced - own.cost, 0);
  return {
    fields,
    rest: suffixSums(fields.map(({ ranked }) => ranked[0]!.priced)),
    offset: waiting + slack,
    budget,
    chosen: [],
    bestCost: cost * (1 - WORTH_IT),
  };
}

function suffixSums(values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = values.length - 1; i >= 0; i--) sums[i] = sums[i + 1]! + values[i]!;
  return sums;
}

/** Tries the choices of field i, with those to come at their least wait, so that no chain is ever left. */
function descend(shaping: Shaping, search: Search, i: number, cost: number, priced: number): void {
  const { fields, rest, budget } = search;
  const { room } = shaping;
  const { s, choices, ranked } = fields[i]!;
  const effort = 1 + room.chainsThrough(s);
  const longest = room.longestWait(s);
  budget.left -= effort;
  if (i === fields.length - 1) {
    settleLast(search, longest, cost);
    return;
  }
  for (const choice of ranked) {
    if (budget.left <= 0 || priced + choice.priced + rest[i + 1]! >= search.bestCost + search.offset) break;
    if (choice.wait > longest || cost + choice.cost >= search.bestCost) continue;
    search.chosen[i] = choice;
    room.setWait(s, choice.wait);
    budget.left -= effort;
    descend(shaping, search, i + 1, cost + choice.cost, priced + choice.priced);
  }
  room.setWait(s, choices.at(-1)!.wait);
}

function settleLast(search: Search, longest: number, cost: number): void {
  const last = search.fields.length - 1;
  const cheapest = search.fields[last]!.choices.find(({ wait }) => wait <= longest);
  if (cheapest === undefined || cost + cheapest.cost >= search.bestCost) return;
  search.bestCost = cost + cheapest.cost;
  search.chosen[last] = cheapest;
  search.best = [...search.chosen];
}

/** How long each of the services may wait at most while the others of them wait as little as they can. */
function longestWaits({ room, compiled, waits }: Shaping, services: readonly number[]): number[] {
  const { waitUpper } = compiled.program.services;
  const present = services.map((s) => waits[s]!);
  for (const s of services) room.setWait(s, Math.min(waits[s]!, waitUpper[s]!));
  const limits = services.map((s) => room.longestWait(s));
  for (const [i, s] of services.entries()) room.setWait(s, present[i]!);
  return limits;
}

/** Σ of that over the chains through the services. */
function pricedSlack(shaping: Shaping, services: readonly number[]): number {
  const seen = new Set<number>();
  let slack = 0;
  for (const s of services) {
    for (const c of shaping.room.chainsOf(s)) {
      if (shaping.multipliers.chain[c] === 0 || seen.has(c)) continue;
      seen.add(c);
      slack += pricedSlackOf(shaping, c);
    }
  }
  return Math.max(0, slack);
}

/** What chain c has left of its SLO, with what its parallel branches have left of each other, at the multipliers' price. */
export function pricedSlackOf({ compiled, multipliers, waits }: Shaping, c: number): number {
  const rows = compiled.program.chains;
  const serial = waitingTime(rows, waits, rows.serialStart[c]!, rows.serialEnd[c]!);
  let slack = multipliers.chain[c]! * (rows.budget[c]! - serial);
  const end = rows.branchStart[rows.stageEnd[c]!]!;
  for (let b = rows.branchStart[rows.stageStart[c]!]!; b < end; b++) {
    slack -= multipliers.branch[b]! * branchTime(rows, waits, b);
  }
  return slack;
}
