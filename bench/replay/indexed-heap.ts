/** Which of many sources acts next: every source has one time, and a time can be changed. */
export class IndexedHeap {
  readonly #times: number[] = [];
  /** Heap of source numbers, and where each source stands in it. */
  readonly #heap: number[] = [];
  readonly #place: number[] = [];

  /** Takes in one more source that has nothing to do; returns its number. */
  add(): number {
    const source = this.#times.length;
    this.#times.push(Infinity);
    this.#place.push(source);
    this.#heap.push(source);
    return source;
  }

  /** Infinity when no source has anything to do. */
  get earliestTime(): number {
    return this.#heap.length === 0 ? Infinity : this.#times[this.#heap[0]!]!;
  }

  /** -1 without sources. */
  get earliestSource(): number {
    return this.#heap[0] ?? -1;
  }

  set(source: number, time: number): void {
    const before = this.#times[source]!;
    this.#times[source] = time;
    if (time < before) this.#rise(source, time);
    else this.#sink(source, time);
  }

  #rise(source: number, time: number): void {
    let place = this.#place[source]!;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent]!;
      if (this.#times[above]! <= time) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(source, place);
  }

  #sink(source: number, time: number): void {
    const heap = this.#heap;
    const times = this.#times;
    let place = this.#place[source]!;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && times[heap[child + 1]!]! < times[heap[child]!]!) child++;
      const below = heap[child]!;
      if (times[below]! >= time) break;
      this.#put(below, place);
      place = child;
    }
    this.#put(source, place);
  }

  #put(source: number, place: number): void {
    this.#heap[place] = source;
    this.#place[source] = place;
  }
}
