import { seededRandom } from '../../../src/utils/random.ts';

/** A new array in random order: R. Durstenfeld, "Algorithm 235: random permutation", CACM 7, 1964. */
export function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  const random = seededRandom(seed);
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [mixed[last], mixed[chosen]] = [mixed[chosen]!, mixed[last]!];
  }
  return mixed;
}
