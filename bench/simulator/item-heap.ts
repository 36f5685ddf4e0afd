/** Where each item stands in the heap that holds it. Heaps that never hold the same item can share one. */
export interface Places {
  of: Int32Array;
}

/**
 * The event queue: numbered items, the one with the smallest key first; keys can be changed and items taken out. An
 * indexed binary heap over typed arrays that grow by doubling and never shrink.
 */
export class ItemHeap {
  /** Infinity when empty. */
  firstKey = Infinity;
  size = 0;
  readonly #places: Places;
  #keys = new Float64Array(16);
  #items = new Int32Array(16);

  constructor(places: Places) {
    this.#places = places;
  }

  /** Of no meaning when empty. */
  get firstItem(): number {
    return this.#items[0]!;
  }

  keyOf(item: number): number {
    return this.#keys[this.#places.of[item]!]!;
  }

  push(key: number, item: number): void {
    if (this.size === this.#keys.length) this.#grow();
    this.#rise(this.size++, key, item);
    this.firstKey = this.#keys[0]!;
  }

  /** Takes out the first item; the heap must not be empty. */
  pop(): number {
    const first = this.#items[0]!;
    this.#takeOut(0);
    return first;
  }

  remove(item: number): void {
    this.#takeOut(this.#places.of[item]!);
  }

  /** Gives another key to an item that is in the heap. */
  set(item: number, key: number): void {
    const place = this.#places.of[item]!;
    if (key < this.#keys[place]!) this.#rise(place, key, item);
    else this.#sink(place, key, item);
    this.firstKey = this.#keys[0]!;
  }

  #takeOut(place: number): void {
    const last = --this.size;
    if (place < last) {
      const key = this.#keys[last]!;
      const item = this.#items[last]!;
      if (place > 0 && key < this.#keys[(place - 1) >> 1]!) this.#rise(place, key, item);
      else this.#sink(place, key, item);
    }
    this.firstKey = last === 0 ? Infinity : this.#keys[0]!;
  }

  #rise(from: number, key: number, item: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const places = this.#places.of;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = keys[parent]!;
      if (above <= key) break;
      keys[place] = above;
      const moved = items[parent]!;
      items[place] = moved;
      places[moved] = place;
      place = parent;
    }
    keys[place] = key;
    items[place] = item;
    places[item] = place;
  }

  #sink(from: number, key: number, item: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const places = this.#places.of;
    const { size } = this;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      const below = keys[child]!;
      if (below >= key) break;
      keys[place] = below;
      const moved = items[child]!;
      items[place] = moved;
      places[moved] = place;
      place = child;
    }
    keys[place] = key;
    items[place] = item;
    places[item] = place;
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.size);
    keys.set(this.#keys);
    this.#keys = keys;
    const items = new Int32Array(2 * this.size);
    items.set(this.#items);
    this.#items = items;
  }
}
