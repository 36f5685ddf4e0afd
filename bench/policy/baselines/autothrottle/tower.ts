/**
 * Tower: each minute the pair of throttle targets for the services that use much CPU and for the rest that is expected to
 * cost least, or now and then one next to it. A contextual bandit over 81 pairs.
 */
import { CostModel, type TowerSample } from './cost-model.ts';
import { neighbours, type TargetPair } from './throttle-targets.ts';

export interface TowerOptions {
  readonly first: TargetPair;
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

  /** The best pair for that rate or, with the probability `exploration`, one next to it. */
  choose(rate: number, exploration: number): TargetPair {
    const best = this.best(rate);
    const { random } = this.#options;
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
