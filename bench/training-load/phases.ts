import { percentile } from '../replay/statistics.ts';
import type { Post } from './steady-posts.ts';

/** What the daemon said of itself at one moment. */
export interface Look {
  readonly atMs: number;
  readonly training: boolean;
  /** Unix s of the end of the latest training; 0 before the first. */
  readonly lastTrainingSeconds: number;
}

export interface Phase {
  readonly training: boolean;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Stretches in which a training was under way throughout, or none at all; what is doubtful is in neither. */
export function phasesOf(looks: readonly Look[]): readonly Phase[] {
  const phases: Phase[] = [];
  for (const [i, look] of looks.slice(1).entries()) {
    const before = looks[i]!;
    const changed =
      before.training !== look.training || before.lastTrainingSeconds !== look.lastTrainingSeconds;
    if (changed) continue;
    const last = phases.at(-1);
    const next = { training: look.training, fromMs: before.atMs, toMs: look.atMs };
    if (last?.toMs === before.atMs) phases[phases.length - 1] = { ...next, fromMs: last.fromMs };
    else phases.push(next);
  }
  return phases;
}

export interface PhaseFigures {
  readonly seconds: number;
  readonly phases: number;
  readonly posts: number;
  readonly median_ms: number;
  readonly p99_ms: number;
  /** Median over the phases of their own 99th percentiles. */
  readonly p99_of_phases_ms: number;
}

/** Latencies of the posts that were sent in phases of one kind. */
export function figuresOf(
  posts: readonly Post[],
  phases: readonly Phase[],
  leastSeconds: number,
): PhaseFigures {
  const long = phases.filter(({ fromMs, toMs }) => toMs - fromMs >= 1000 * leastSeconds);
  const byPhase = long.map(({ fromMs, toMs }) =>
    posts.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs).map(({ tookMs }) => tookMs),
  );
  const all = byPhase.flat();
  return {
    seconds: long.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1000, 0),
    phases: long.length,
    posts: all.length,
    median_ms: percentile(all, 0.5),
    p99_ms: percentile(all, 0.99),
    p99_of_phases_ms: percentile(
      byPhase.map((tookMs) => percentile(tookMs, 0.99)),
      0.5,
    ),
  };
}
