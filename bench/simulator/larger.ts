/** `after`, a longer array, with the values of `before` at its beginning. */
export function larger<T extends { set(values: T): void }>(before: T, after: T): T {
  after.set(before);
  return after;
}
