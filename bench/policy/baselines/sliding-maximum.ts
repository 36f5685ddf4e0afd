/** Largest of the last `length` values. */
export class SlidingMaximum {
  readonly #length: number;
  readonly #values: number[] = [];

  constructor(length: number) {
    this.#length = length;
  }

  add(value: number): number {
    this.#values.push(value);
    if (this.#values.length > this.#length) this.#values.shift();
    return Math.max(...this.#values);
  }
}
