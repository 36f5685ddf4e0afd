/**
 * Tower: each minute the pair of throttle targets for the services that use much CPU and for the rest that is expected to
 * cost least, or now and then one next to it. A contextual bandit over 81 pairs (section 4).
 */
import { CostModel, type TowerSample } from './cost-model.ts';
import { neighbours, type TargetPair } from './throttle-targets.ts';

export interface TowerOptions {
  readonly first: TargetPair;
  /** Probability of a neighbour of the best pair instead of it. */
  readonly exploration: number;
  /** What a violation costs, where 1 is the range of the allocations that met the SLOs; 2 to 3 in the paper. */
  readonly violationCost: number;
  readonly random: () => number;
}

export class Tower {
  readonly #options: TowerOptions;
  readonly #samples: TowerSample[];

  /** `samples` may hold what was learned before; new ones are added to it. */
  constructor(options: TowerOptions, samples: TowerSample[] = []) {
    this.#options = options;
    this.#samples = samples;
  }

  learn(sample: TowerSample): void {
    this.#samples.push(sample);
  }

  choose(rate: number): TargetPair {
    const best = this.best(rate);
    const { exploration, random } = this.#options;
    if (random() >= exploration) return best;
    const around = neighbours(best);
    return around[Math.floor(random() * around.length)]!;
  }

  best(rate: number): TargetPair {
    const { first, violationCost } = this.#options;
    if (this.#samples.length === 0) return first;
    return new CostModel(this.#samples, violationCost).best(rate);
  }
}
