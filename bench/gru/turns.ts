/** Times of one kind of work, each the mean of a turn. */
export interface Turns {
  readonly ms: number[];
  readonly cpuMs: number[];
}

export function noTurns(): Turns {
  return { ms: [], cpuMs: [] };
}

/** Does the work so many times and notes the mean time by the clock and of the process's CPU. */
export function takeTurn(work: () => unknown, times: number, into: Turns): void {
  const before = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < times; i++) work();
  into.ms.push((performance.now() - started) / times);
  const used = process.cpuUsage(before);
  into.cpuMs.push((used.user + used.system) / 1000 / times);
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
