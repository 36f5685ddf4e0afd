import { PerformanceImpactQuantifier } from '../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../src/utils/random.ts';
import { type LearningErrors, learningErrors } from './learning-errors.ts';
import { type Disturbance, type Load, syntheticWindow, type TrueService } from './synthetic-services.ts';

/** 5 % noise, and a tenth of garbage. */
export const DISTURBANCE: Disturbance = { noise: 0.05, garbage: 0.1 };

/** A quantifier that is told one window of every service after the other, and fits after each. */
export class Course {
  readonly quantifier = new PerformanceImpactQuantifier();
  readonly #seed: number;
  #index = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  feed(services: readonly TrueService[], load: Load, windows: number, disturbance = DISTURBANCE): void {
    for (let i = 0; i < windows; i++) {
      const random = seededRandom(1000 * this.#seed + this.#index);
      for (const service of services)
        this.quantifier.updateProfile(syntheticWindow(service, this.#index, disturbance, load, random));
      this.#index += 1;
      this.quantifier.refit(60 * this.#index);
    }
  }

  errors(services: readonly TrueService[], { utilization }: Load): LearningErrors {
    return learningErrors(this.quantifier, services, utilization, seededRandom(this.#seed));
  }

  /** Whether guard and planner would shrink the service on what is known of it: every profile is confident enough. */
  isTrusted({ id }: TrueService, minConfidence: number): boolean {
    const profiles = this.quantifier.getLoadLatencyProfile(id);
    return profiles.every(({ confidence }) => confidence >= minConfidence);
  }
}
