import { solvePositiveDefinite } from './solve-positive-definite.ts';

/**
 * The weights of ridge regressions that share their features: (G + penalty·I)·W = M. Nothing changes while the features have
 * not varied yet.
 *
 * @param gram G, lower triangle row by row
 * @param moments M, `size` × `targets`, row by row, as is the answer
 * @param share the penalty, as a share of the mean diagonal of G
 */
export function solveRidge(
  gram: Float32Array,
  moments: Float32Array,
  size: number,
  targets: number,
  share: number,
  weights: Float32Array,
): void {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[(i * (i + 3)) / 2]!;
  if (!(trace > 0)) return;
  room.grow(size, targets);
  let cell = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) room.matrix[i * size + j] = gram[cell++]!;
    room.matrix[i * size + i]! += (share * trace) / size;
  }
  room.right.set(moments);
  if (solvePositiveDefinite(room.matrix, room.right, size, targets) === undefined) return;
  for (let i = 0; i < weights.length; i++) weights[i] = room.right[i]!;
}

/** Where all regressions are solved: one after the other, so one room does for thousands of them. */
class Room {
  matrix = new Float64Array();
  right = new Float64Array();

  grow(size: number, targets: number): void {
    if (this.matrix.length < size * size) this.matrix = new Float64Array(size * size);
    if (this.right.length < size * targets) this.right = new Float64Array(size * targets);
  }
}

const room = new Room();
