/** The known name that a mistyped one most likely means; undefined when none is close. */
export function closestName(typed: string, known: readonly string[]): string | undefined {
  // A third of the letters may be wrong; from a single letter nothing can be told.
  const limit = Math.floor(normal(typed).length / 3);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of known) {
    if (Math.abs(normal(name).length - normal(typed).length) >= bestDistance) continue;
    const distance = editDistance(normal(typed), normal(name));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `windowSize`, `window-size` and `window_size` are the same word. */
function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/**
 * Letters to insert, delete, replace or swap with their neighbour: the optimal string alignment distance (Damerau
 * 1964), row by row.
 */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replace, swap, at(previous, j) + 1, at(row, j - 1) + 1));
    }
    [before, previous] = [previous, row];
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
