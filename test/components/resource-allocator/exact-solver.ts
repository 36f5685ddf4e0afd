/** An independent exact solver: the waiting curve from below by tangents, solved by HiGHS, tangents added as needed. */
import loadHighs, { type LegacyHighs } from 'highs';
import type { PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { boundsOf, continuousCostOf, continuousWait, demandOf, plannedBound, usable } from './model.ts';

const highs = await load(loadHighs);

/** The package declares the type of its CommonJS build for both builds, so the loader is recognised at run time. */
async function load(loader: unknown): Promise<LegacyHighs> {
  if (!isLoader(loader)) throw new Error('highs: no loader');
  return loader();
}

function isLoader(loader: unknown): loader is () => Promise<LegacyHighs> {
  return typeof loader === 'function';
}

const MOST_ROUNDS = 12;

interface Curve {
  readonly service: PlanningService;
  readonly demand: number;
  readonly bounds: readonly [number, number];
  readonly cuts: { readonly slope: number; readonly constant: number }[];
}

export interface ExactSolution {
  /** That no allocation can undercut, and nearly reached by the best. */
  readonly cost: number;
  readonly rounds: number;
  /** Time in HiGHS alone, ms: reading its text, presolve and simplex, without what prepares them. */
  readonly solveMs: number;
}

/** Adds tangents until the bound rises by no more than `tolerance`, as a share of it. */
export function exactSolution(problem: PlanningProblem, tolerance = 1e-6): ExactSolution {
  const curves = problem.services.map((service) => curveOf(problem, service));
  const bounds = new Map(problem.chains.map((chain) => [chain.id, plannedBound(problem, chain)]));
  let cost = Number.NEGATIVE_INFINITY;
  let solveMs = 0;
  for (let rounds = 1; ; rounds++) {
    const text = linearProgram(problem, curves, bounds);
    const started = performance.now();
    const solution = highs.solve(text);
    solveMs += performance.now() - started;
    if (solution.Status !== 'Optimal') throw new Error(`oracle: ${solution.Status}`);
    const better = solution.ObjectiveValue;
    for (const [s, curve] of curves.entries()) {
      const column = solution.Columns[`c${s}`];
      if (curve.cuts.length > 0 && column !== undefined) addCut(curve, column.Primal);
    }
    if (better - cost <= tolerance * better || rounds === MOST_ROUNDS) {
      return { cost: better, rounds, solveMs };
    }
    cost = better;
  }
}

function curveOf(problem: PlanningProblem, service: PlanningService): Curve {
  const demand = demandOf(problem, service.id);
  const bounds = boundsOf(service, demand);
  const curve: Curve = { service, demand, bounds, cuts: [] };
  const [least, most] = bounds;
  if (demand === 0 || least >= most || service.fixed !== undefined) return curve;
  const first = Math.max(least - demand, demand * 1e-3);
  const last = most - demand;
  for (let i = 0; i <= 24; i++) addCut(curve, demand + first * (last / first) ** (i / 24));
  addCut(curve, usable(service) * service.minInstances);
  return curve;
}

/** Tangent at C: dh/dC = −h·(k/C + η/C below the kink + D/(C² − C·D)). */
function addCut(curve: Curve, at: number): void {
  const { service, demand, bounds } = curve;
  const capacity = Math.min(Math.max(at, bounds[0], demand * (1 + 1e-4)), bounds[1]);
  const value = continuousWait(service, demand, capacity);
  if (!Number.isFinite(value) || value > 1e5) return;
  const isBelow = capacity < usable(service) * service.minInstances;
  const relative =
    (service.exponent + (isBelow ? service.verticalExponent : 0)) / capacity +
    demand / (capacity * (capacity - demand));
  curve.cuts.push({ slope: value * relative, constant: value + value * relative * capacity });
}

function linearProgram(
  problem: PlanningProblem,
  curves: readonly Curve[],
  bounds: ReadonlyMap<string, number>,
): string {
  const numbers = new Map(problem.services.map(({ id }, s) => [id, s]));
  const rows: string[] = [];
  const objective = curves.map(({ service, bounds: [least] }, s) => {
    if (service.fixed !== undefined) return `${number(continuousCostOf(service, least))} one${s}`;
    const unit = continuousCostOf({ ...service, instanceCost: 0, pricePerMebibyte: 0 }, 1);
    const perInstance = service.instanceCost + service.pricePerMebibyte * service.memory;
    rows.push(`n${s} - ${number(1 / usable(service))} c${s} >= 0`);
    return `${number(unit)} c${s} + ${number(perInstance)} n${s}`;
  });
  for (const [s, { cuts }] of curves.entries()) {
    for (const cut of cuts) rows.push(`h${s} + ${number(cut.slope)} c${s} >= ${number(cut.constant)}`);
  }
  for (const [c, chain] of problem.chains.entries()) {
    const bound = bounds.get(chain.id)!;
    if (!Number.isFinite(bound)) continue;
    for (const [i, stage] of chain.stages.entries()) {
      for (const branch of stage) {
        const floor = branch.reduce((sum, visit) => sum + visit.visits * visit.floor, 0);
        const terms = new Map<number, number>();
        for (const visit of branch) {
          const s = numbers.get(visit.service)!;
          terms.set(s, (terms.get(s) ?? 0) + visit.visits * visit.queueing);
        }
        const waiting = [...terms].map(([s, weight]) => `- ${number(1000 * weight)} h${s}`);
        rows.push(`t${c}_${i} ${waiting.join(' ')} >= ${number(1000 * floor)}`);
      }
    }
    const times = chain.stages.map((_, i) => `${number(chain.composition)} t${c}_${i}`);
    rows.push(`${times.join(' + ')} <= ${number(1000 * (bound - chain.overheadSeconds))}`);
  }
  const limits = curves.map(({ service, demand, bounds: [least, most] }, s) => {
    const wait = least < most ? Number.NaN : continuousWait(service, demand, least);
    const constant = Number.isFinite(wait) ? `\nh${s} = ${number(wait)}` : '';
    if (service.fixed !== undefined) return `one${s} = 1\nc${s} = ${number(least)}${constant}`;
    return `${number(least)} <= c${s} <= ${number(most)}\nn${s} >= ${service.minInstances}${constant}`;
  });
  return `Minimize\nobj: ${objective.join(' + ')}\nSubject To\n${rows.join('\n')}\nBounds\n${limits.join('\n')}\nEnd`;
}

function number(value: number): string {
  return value.toPrecision(15);
}
