/**
 * Which services use much CPU: k-means with two clusters over the mean use of each. On a
 * line the best two clusters are a cut in the sorted values, so all cuts are tried and the result is exact.
 */
export function busyServices(usedCores: readonly number[]): boolean[] {
  const sorted = [...usedCores].sort((a, b) => a - b);
  let best = Infinity;
  let threshold = -Infinity;
  for (let cut = 1; cut < sorted.length; cut++) {
    const scatter = squaresAroundMean(sorted.slice(0, cut)) + squaresAroundMean(sorted.slice(cut));
    if (scatter >= best) continue;
    best = scatter;
    threshold = sorted[cut]!;
  }
  return usedCores.map((used) => used >= threshold);
}

function squaresAroundMean(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
