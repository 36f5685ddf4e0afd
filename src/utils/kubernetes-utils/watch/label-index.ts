import { type Selector, selects } from '../workload/selector.ts';

interface Labelled {
  readonly labels: ReadonlyMap<string, string>;
}

/** Finds what a selector selects without going through all: a look asks for the pods of every service. */
export class LabelIndex<T extends Labelled> {
  readonly #all: readonly T[];
  readonly #byLabel = new Map<string, T[]>();

  constructor(all: readonly T[]) {
    this.#all = all;
    for (const one of all) {
      for (const label of one.labels) {
        const sharing = this.#byLabel.get(keyOf(label));
        if (sharing === undefined) this.#byLabel.set(keyOf(label), [one]);
        else sharing.push(one);
      }
    }
  }

  selected(selector: Selector): readonly T[] {
    return this.#fewest(selector).filter(({ labels }) => selects(selector, labels));
  }

  /** Those that share the rarest of the labels that are asked for. */
  #fewest({ labels }: Selector): readonly T[] {
    let fewest = this.#all;
    for (const label of labels) {
      const sharing = this.#byLabel.get(keyOf(label)) ?? [];
      if (sharing.length < fewest.length) fewest = sharing;
    }
    return fewest;
  }
}

function keyOf([key, value]: readonly [string, string]): string {
  return `${key}=${value}`;
}
