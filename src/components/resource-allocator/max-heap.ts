/** A binary heap of numbered items by key, the largest first; of equal keys the smaller number. */
export class MaxHeap {
  readonly #items: number[] = [];
  readonly #keys: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Key of the largest item; −Infinity when empty. */
  get topKey(): number {
    return this.#keys[0] ?? Number.NEGATIVE_INFINITY;
  }

  push(item: number, key: number): void {
    let at = this.#items.length;
    this.#items.push(item);
    this.#keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Undefined when empty. */
  pop(): number | undefined {
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    const item = this.#items.pop();
    this.#keys.pop();
    this.#sink(last);
    return item;
  }

  #sink(count: number): void {
    let at = 0;
    for (;;) {
      let largest = at;
      const left = 2 * at + 1;
      if (left < count && this.#before(left, largest)) largest = left;
      if (left + 1 < count && this.#before(left + 1, largest)) largest = left + 1;
      if (largest === at) return;
      this.#swap(at, largest);
      at = largest;
    }
  }

  #before(one: number, other: number): boolean {
    const a = this.#keys[one]!;
    const b = this.#keys[other]!;
    return a > b || (a === b && this.#items[one]! < this.#items[other]!);
  }

  #swap(one: number, other: number): void {
    const item = this.#items[one]!;
    const key = this.#keys[one]!;
    this.#items[one] = this.#items[other]!;
    this.#keys[one] = this.#keys[other]!;
    this.#items[other] = item;
    this.#keys[other] = key;
  }
}
