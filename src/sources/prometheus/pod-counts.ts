/**
 * How long pods may be missing before they count as gone, s: Kubernetes takes pods off a node that does not answer after
 * 40 s and `tolerationSeconds: 300`, and the rate of those that take their place is known a minute later.
 */
const GONE_SECONDS = 420;

interface Counted {
  readonly atSeconds: number;
  readonly pods: number;
}

/**
 * How many pods of each service answered lately. The use of fewer than there were is no use of the service: with one
 * kubelet down it would look as if there were less demand.
 */
export class PodCounts {
  /** By service, oldest first, each larger than all that follow: the first is the most of the time that counts. */
  readonly #counts = new Map<string, Counted[]>();
  readonly #instancesTold: (service: string) => number | undefined;

  /** `instancesTold` answers how many are in force, where that was told: undefined where it is only assumed. */
  constructor(instancesTold: (service: string) => number | undefined) {
    this.#instancesTold = instancesTold;
  }

  /** Notes the pods of a point; answers whether they are all, as far as can be told. */
  note(service: string, atSeconds: number, pods: number): boolean {
    const kept = (this.#counts.get(service) ?? []).filter(
      (before) =>
        // A point that is read again takes the place of what was noted from there on.
        before.atSeconds < atSeconds && before.atSeconds >= atSeconds - GONE_SECONDS && before.pods > pods,
    );
    this.#counts.set(service, [...kept, { atSeconds, pods }]);
    const told = this.#instancesTold(service);
    return kept.length === 0 || (told !== undefined && pods >= told);
  }
}
