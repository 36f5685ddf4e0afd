import type { MinutePoint } from './scored-run.ts';
import { pearson, sum } from './statistics.ts';

export interface LoadFollowing {
  /** The first minutes are left out: until something has been learned, the start decides and not the load. */
  readonly fromMinute: number;
  /** Correlation of the allocated cores with the load of the same minute. */
  readonly atOnce: number;
  /** The lag, in minutes, at which the cores follow the load best, and the correlation there. */
  readonly lagMinutes: number;
  readonly atLag: number;
}

const LEARNING_MINUTES = 15;

/** Beyond this, or a quarter of the run, a correlation is one of two trends and means nothing. */
const LONGEST_LAG_MINUTES = 15;

/** How well the allocation follows the load: Pearson's r between load(t) and cores(t + lag). NaN when nothing varies. */
export function loadFollowing(all: readonly MinutePoint[], fromMinute = LEARNING_MINUTES): LoadFollowing {
  const minutes = all.filter(({ minute }) => minute >= fromMinute);
  const load = minutes.map(({ requestsPerSecond }) => requestsPerSecond);
  const cores = minutes.map((point) => sum(point.cores));
  const longest = Math.min(LONGEST_LAG_MINUTES, Math.floor(minutes.length / 4));
  const byLag = Array.from({ length: longest + 1 }, (_, lag) =>
    pearson(load.slice(0, load.length - lag), cores.slice(lag)),
  );
  const known = byLag.filter((value) => !Number.isNaN(value));
  const atLag = known.length === 0 ? Number.NaN : Math.max(...known);
  return { fromMinute, atOnce: byLag[0]!, lagMinutes: Math.max(0, byLag.indexOf(atLag)), atLag };
}
