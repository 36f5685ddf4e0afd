/**
 * What stands between a wish of the HorizontalPodAutoscaler and the replicas that it sets: the default `behavior` of
 * autoscaling/v2 ("Default Behavior" on kubernetes.io), as pkg/controller/podautoscaler/horizontal.go applies it.
 */

/** Replicas are taken away only when all wishes of that time were for fewer, s; they are added at once. */
const DOWN_STABILIZATION_SECONDS = 300;
/** Over that time at most so many pods, or as many as there were, whichever is more, are added, s. */
const PERIOD_SECONDS = 15;
const PODS_PER_PERIOD = 4;
const GROWTH_PER_PERIOD = 2;

interface Moment {
  readonly atSeconds: number;
  /** A wish, or how many were added. */
  readonly replicas: number;
}

export interface ReplicaBounds {
  readonly minInstances: number;
  readonly maxInstances: number;
}

export class ScalingBehavior {
  readonly #bounds: ReplicaBounds;
  #wishes: Moment[] = [];
  #added: Moment[] = [];

  constructor(bounds: ReplicaBounds) {
    this.#bounds = bounds;
  }

  /** Replicas to set. Whatever is returned is taken to be set. */
  decide(nowSeconds: number, current: number, desired: number): number {
    if (this.#wishes.length === 0) this.#wishes.push({ atSeconds: nowSeconds, replicas: current });
    const stabilized = this.#stabilize(nowSeconds, current, desired);
    const replicas = clamp(stabilized, this.#bounds.minInstances, this.#upperLimit(nowSeconds, current));
    if (replicas > current) this.#added.push({ atSeconds: nowSeconds, replicas: replicas - current });
    return replicas;
  }

  #stabilize(nowSeconds: number, current: number, desired: number): number {
    this.#wishes = this.#wishes.filter(
      ({ atSeconds }) => atSeconds > nowSeconds - DOWN_STABILIZATION_SECONDS,
    );
    this.#wishes.push({ atSeconds: nowSeconds, replicas: desired });
    const highest = Math.max(...this.#wishes.map(({ replicas }) => replicas));
    return Math.max(desired, Math.min(current, highest));
  }

  #upperLimit(nowSeconds: number, current: number): number {
    this.#added = this.#added.filter(({ atSeconds }) => atSeconds > nowSeconds - PERIOD_SECONDS);
    const atStart = this.#added.reduce((sum, { replicas }) => sum - replicas, current);
    const limit = Math.max(atStart + PODS_PER_PERIOD, Math.ceil(atStart * GROWTH_PER_PERIOD));
    return Math.min(limit, this.#bounds.maxInstances);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
