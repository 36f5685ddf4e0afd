import type { Parameters, PolicyFactory } from './policy.ts';

/** What one setting of the parameters led to. */
export interface Trial {
  readonly coreHours: number;
  readonly violatingWindowsRatio: number;
}

export interface Tuned {
  readonly parameters: Parameters;
  readonly runs: number;
}

/** Share of windows that may violate their objective. */
export const COMPLIANT_RATIO = 0.01;

/** Runs that a search may take. */
export const TUNING_RUNS = 10;

/** The published default of every parameter. */
export function defaultsOf(space: PolicyFactory['space']): Parameters {
  return Object.fromEntries(Object.entries(space).map(([name, values]) => [name, values[0]!]));
}

/**
 * The cheapest setting that keeps the objective, found by coordinate search: one parameter after the other takes the best
 * of its values while the rest stay, round after round, until a round brings nothing or the runs are used up. If none
 * keeps it: the one that violates it least. No chance is in it: the same trials lead to the same setting.
 */
export async function tune(
  space: PolicyFactory['space'],
  tryOut: (parameters: Parameters) => Promise<Trial>,
  mostRuns = TUNING_RUNS,
): Promise<Tuned> {
  const search = new Search(tryOut, mostRuns);
  let best = defaultsOf(space);
  if (Object.values(space).every((values) => values.length < 2)) return { parameters: best, runs: 0 };
  for (let before: Parameters | undefined; best !== before && !search.isExhausted; ) {
    before = best;
    for (const [name, values] of Object.entries(space)) best = await search.along(name, values, best);
  }
  return { parameters: best, runs: search.runs };
}

class Search {
  readonly #tryOut: (parameters: Parameters) => Promise<Trial>;
  readonly #mostRuns: number;
  readonly #trials = new Map<string, Trial>();

  constructor(tryOut: (parameters: Parameters) => Promise<Trial>, mostRuns: number) {
    this.#tryOut = tryOut;
    this.#mostRuns = mostRuns;
  }

  get runs(): number {
    return this.#trials.size;
  }

  get isExhausted(): boolean {
    return this.runs >= this.#mostRuns;
  }

  /** The best of `start` and of what it becomes with each of these values; `start` itself if none is better. */
  async along(name: string, values: readonly number[], start: Parameters): Promise<Parameters> {
    let best = start;
    for (const value of values) {
      const candidate = { ...start, [name]: value };
      const [trial, standing] = [await this.#trial(candidate), await this.#trial(best)];
      if (trial !== undefined && standing !== undefined && isBetter(trial, standing)) best = candidate;
    }
    return best;
  }

  /** Undefined when it would be one run too many. */
  async #trial(parameters: Parameters): Promise<Trial | undefined> {
    const key = JSON.stringify(parameters);
    const known = this.#trials.get(key);
    if (known !== undefined || this.isExhausted) return known;
    const trial = await this.#tryOut(parameters);
    this.#trials.set(key, trial);
    return trial;
  }
}

/** Whether `a` keeps the objective more cheaply than `b`, or comes closer to keeping it. */
export function isBetter(a: Trial, b: Trial): boolean {
  const excess = (trial: Trial) => Math.max(COMPLIANT_RATIO, trial.violatingWindowsRatio);
  if (excess(a) !== excess(b)) return excess(a) < excess(b);
  return a.coreHours < b.coreHours;
}
