/**
 * The cheapest capacity of every service with which a block keeps all SLOs, found by trying: of each service the slack
 * y = C − D over its demand. Waiting is about w/y with a weight w of the service, so that Σ y is least for a given latency
 * where each y is in proportion to √(Σ μ·(−∂r/∂y))·y: the condition of Karush, Kuhn and Tucker with r the chains' ratios of
 * latency to SLO, whose derivatives are measured by trials. The scale of all slacks is found by bisection.
 */
import type { Application } from '../../simulator/application.ts';
import { coresOf, shapeOf } from './shapes.ts';

/** Largest p95/SLO of each chain under a capacity, cores by service. */
export type Trial = (cores: readonly number[]) => readonly number[];

export interface Problem {
  readonly application: Application;
  /** Cores by service. */
  readonly demands: readonly number[];
  readonly trial: Trial;
}

/** The bisection ends when it has the cost to this share. */
const SCALE_TOLERANCE = 0.004;
const MOST_HALVINGS = 12;
/** How far a slack is moved to measure a derivative. */
const MOVE = 1.3;
const LEAST_SLACK = 0.002;

/** Beyond it a ratio says no more than that work piles up. */
const LARGEST_RATIO = 10;

export function meets(ratios: readonly number[]): boolean {
  return ratios.every((ratio) => ratio <= 1);
}

/** Capacities with the given slacks times `scale`, within the bounds. */
export function capacities(
  { application, demands }: Problem,
  slacks: readonly number[],
  scale = 1,
): readonly number[] {
  return application.services.map((service, index) => {
    const { cpu, instances } = shapeOf(service, demands[index]! + scale * slacks[index]!);
    return cpu * instances;
  });
}

/** The least scale of the slacks that keeps all SLOs; starts near `guess`. Infinity when none does. */
export function leastScale(problem: Problem, slacks: readonly number[], guess = 1): number {
  const kept = (scale: number) => meets(problem.trial(capacities(problem, slacks, scale)));
  let low = guess;
  let high = guess;
  let step = 1.15;
  if (kept(guess)) {
    do {
      high = low;
      low /= step;
      step *= 1.3;
      if (low < 1e-3) return high;
    } while (kept(low));
  } else {
    do {
      low = high;
      high *= step;
      step *= 1.3;
      if (high > 1e4) return Number.POSITIVE_INFINITY;
    } while (!kept(high));
  }
  const cost = (scale: number) => coresOf(problem.application, capacities(problem, slacks, scale));
  for (let halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    if (cost(high) - cost(low) <= SCALE_TOLERANCE * cost(high)) break;
    const middle = Math.sqrt(low * high);
    if (kept(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** One round towards the best proportions of the slacks; the scale of what is answered has to be found again. */
export function balanced(problem: Problem, slacks: readonly number[], scale: number): readonly number[] {
  const at = slacks.map((slack) => slack * scale);
  const derivatives = at.map((slack, service) => savings(problem, at, service, slack));
  const prices = leastSquaresPrices(derivatives);
  return at.map((slack, service) => {
    const worth = derivatives[service]!.reduce((sum, saved, chain) => sum + saved * prices[chain]!, 0);
    // A factor of two a round: derivatives of a p95 are noisy.
    return Math.max(LEAST_SLACK, slack * Math.min(2, Math.max(0.5, Math.sqrt(Math.max(0, worth)))));
  });
}

/** −∂r/∂y of every chain for the slack of one service, per core. */
function savings(
  problem: Problem,
  slacks: readonly number[],
  service: number,
  slack: number,
): readonly number[] {
  const moved = (factor: number) =>
    problem.trial(
      capacities(
        problem,
        slacks.map((other, index) => (index === service ? slack * factor : other)),
      ),
    );
  const less = moved(1 / MOVE);
  const more = moved(MOVE);
  const width = slack * (MOVE - 1 / MOVE);
  return less.map((ratio, chain) =>
    Math.max(0, (Math.min(ratio, LARGEST_RATIO) - Math.min(more[chain]!, LARGEST_RATIO)) / width),
  );
}

/**
 * Prices μ ≥ 0 of the chains with Σ_c μ_c·g_sc as near to 1 for every service as can be (least squares of the relative
 * error, by coordinate descent).
 */
export function leastSquaresPrices(derivatives: readonly (readonly number[])[]): readonly number[] {
  const chains = derivatives[0]?.length ?? 0;
  const prices = new Array<number>(chains).fill(0);
  for (let sweep = 0; sweep < 200; sweep++) {
    for (let chain = 0; chain < chains; chain++) {
      let above = 0;
      let below = 0;
      for (const row of derivatives) {
        const others = row.reduce((sum, g, other) => (other === chain ? sum : sum + g * prices[other]!), 0);
        above += row[chain]! * (1 - others);
        below += row[chain]! ** 2;
      }
      prices[chain] = below > 0 ? Math.max(0, above / below) : 0;
    }
  }
  return prices;
}

/** Takes slack away, service by service, as long as all SLOs stay kept; at most `trials` attempts. */
export function trimmed(problem: Problem, cores: readonly number[], trials: number): readonly number[] {
  const best = [...cores];
  const order = best
    .map((core, service) => ({ service, slack: core - problem.demands[service]! }))
    .sort((a, b) => b.slack - a.slack);
  let left = trials;
  for (const share of [0.3, 0.12]) {
    for (const { service } of order) {
      if (left <= 0) return best;
      const { minCpu, minInstances } = problem.application.services[service]!;
      const present = best[service]!;
      const demand = problem.demands[service]!;
      const less = Math.max(minCpu * minInstances, demand + (present - demand) * (1 - share));
      if (present - less < 0.002 * present) continue;
      left -= 1;
      best[service] = less;
      if (!meets(problem.trial(best))) best[service] = present;
    }
  }
  return best;
}
