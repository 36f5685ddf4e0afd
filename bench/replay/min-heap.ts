/** A binary heap: the item with the smallest key first. */
export class MinHeap<T> {
  readonly #keys: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** Infinity when empty. */
  get smallestKey(): number {
    return this.#keys.length === 0 ? Infinity : this.#keys[0]!;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(key: number, item: T): void {
    const keys = this.#keys;
    const items = this.#items;
    let hole = keys.length;
    keys.push(key);
    items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[hole] = keys[parent]!;
      items[hole] = items[parent]!;
      hole = parent;
    }
    keys[hole] = key;
    items[hole] = item;
  }

  pop(): T | undefined {
    const top = this.#items[0];
    const key = this.#keys.pop();
    const item = this.#items.pop();
    if (key !== undefined && item !== undefined && this.#keys.length > 0) this.#sink(key, item);
    return top;
  }

  /** Puts an item where the top was and moves it down to its place. */
  #sink(key: number, item: T): void {
    const keys = this.#keys;
    const items = this.#items;
    const size = keys.length;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[hole] = keys[child]!;
      items[hole] = items[child]!;
      hole = child;
    }
    keys[hole] = key;
    items[hole] = item;
  }
}
