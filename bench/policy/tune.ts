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
export const TUNING_RUNS = 16;

/** The published default of every parameter. */
export function defaultsOf(space: PolicyFactory['space']): Parameters {
  return Object.fromEntries(Object.entries(space).map(([name, values]) => [name, values[0]!]));
}

/**
 * The cheapest setting that keeps the objective; if none does, the one that violates it least. All settings are tried
 * where that takes no more runs than allowed. Otherwise a coordinate search: one parameter after the other takes the best
 * of its values while the rest stay, round after round, until a round brings nothing or the runs are used up. No chance is
 * in it: the same trials lead to the same setting.
 */
export async function tune(
  space: PolicyFactory['space'],
  tryOut: (parameters: Parameters) => Promise<Trial>,
  mostRuns = TUNING_RUNS,
): Promise<Tuned> {
  const settings = Object.values(space).reduce((count, values) => count * values.length, 1);
  if (settings === 1) return { parameters: defaultsOf(space), runs: 0 };
  const search = new Search(tryOut, mostRuns);
  const parameters = await (settings <= mostRuns ? search.amongAll(space) : search.byCoordinates(space));
  return { parameters, runs: search.runs };
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

  async amongAll(space: PolicyFactory['space']): Promise<Parameters> {
    return await this.#bestOf(defaultsOf(space), combinationsOf(space));
  }

  async byCoordinates(space: PolicyFactory['space']): Promise<Parameters> {
    let best = defaultsOf(space);
    for (let before: Parameters | undefined; best !== before && this.runs < this.#mostRuns; ) {
      before = best;
      for (const [name, values] of Object.entries(space)) {
        const start = best;
        best = await this.#bestOf(
          start,
          values.map((value) => ({ ...start, [name]: value })),
        );
      }
    }
    return best;
  }

  /** `start` itself if none of the candidates is better. */
  async #bestOf(start: Parameters, candidates: readonly Parameters[]): Promise<Parameters> {
    let best = start;
    for (const candidate of candidates) {
      const [standing, trial] = [await this.#trial(best), await this.#trial(candidate)];
      if (trial !== undefined && standing !== undefined && isBetter(trial, standing)) best = candidate;
    }
    return best;
  }

  /** Undefined when it would be one run too many. */
  async #trial(parameters: Parameters): Promise<Trial | undefined> {
    const key = JSON.stringify(parameters);
    const known = this.#trials.get(key);
    if (known !== undefined || this.runs >= this.#mostRuns) return known;
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

/** Every combination of the values, the one of the first values first. */
function combinationsOf(space: PolicyFactory['space']): Parameters[] {
  return Object.entries(space).reduce<Parameters[]>(
    (settings, [name, values]) =>
      settings.flatMap((setting) => values.map((value) => ({ ...setting, [name]: value }))),
    [{}],
  );
}
