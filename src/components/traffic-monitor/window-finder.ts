import { type Coverage, MOST_MISSED } from './coverage.ts';
import { coarseWindow, type MetricsWindow, metricsWindow } from './metrics-window.ts';
import type { Series } from './series.ts';
import type { SeriesWindow, WindowReading } from './series-metrics.ts';
import { RECENT_SECONDS, type TimeGrid } from './time-grid.ts';

/** A fed series that is known no later than this answers for the latest seconds that are known of it, s. */
const LARGEST_LAG_SECONDS = 120;

/** A stretch of time that ends then. */
export interface Stretch {
  readonly untilSeconds: number;
  readonly lengthSeconds: number;
  readonly nowSeconds: number;
}

/** Finds out which slots answer for a stretch of time, for all series and for each. */
export class WindowFinder {
  readonly #grid: TimeGrid;
  readonly #coverage: Coverage;

  constructor(grid: TimeGrid, coverage: Coverage) {
    this.#grid = grid;
    this.#coverage = coverage;
  }

  /** For series that take records: never before the oldest slot. */
  window(stretch: Stretch): MetricsWindow {
    return this.#windowSince(stretch, this.#coverage.recentSince(stretch.nowSeconds));
  }

  /** What is read of each series in a stretch that may end just now. */
  recent(stretch: Stretch): WindowReading {
    const window = this.window(stretch);
    const all = whole(window);
    return this.#reading((series) => (series.isFed ? this.#fedWindow(series, stretch, window) : all));
  }

  /** What is read of each series in coarse slots that are closed: of a fed one nothing, unless it was told of them. */
  closed(coarseFrom: number, coarseTo: number): WindowReading {
    const all = whole(coarseWindow(this.#grid, coarseFrom, coarseTo));
    return this.#reading((series) => {
      const isKnown = !series.isFed || this.#wasTold(series, coarseFrom, coarseTo);
      return isKnown ? all : undefined;
    });
  }

  #reading(windowOf: WindowReading['windowOf']): WindowReading {
    return {
      windowOf,
      coveredSeconds: (window, since) => {
        const slot = this.#grid.secondsOf(this.#grid.fineOf(since));
        return this.#coverage.coveredSeconds(Math.max(window.fromSeconds, slot), window.toSeconds);
      },
    };
  }

  #windowSince({ untilSeconds, lengthSeconds, nowSeconds }: Stretch, recentSince: number): MetricsWindow {
    const oldest = this.#coverage.oldestCoarse(nowSeconds) * this.#grid.coarseSeconds;
    const from = Math.max(untilSeconds - lengthSeconds, oldest);
    return metricsWindow(this.#grid, from, untilSeconds, nowSeconds, recentSince);
  }

  /** What a source tells is known some seconds late: the window ends where its series is known. */
  #fedWindow(series: Series, stretch: Stretch, otherwise: MetricsWindow): SeriesWindow {
    const { untilSeconds, lengthSeconds, nowSeconds } = stretch;
    if (untilSeconds - series.lastSeconds > LARGEST_LAG_SECONDS) return whole(otherwise);
    const end = Math.min(untilSeconds, series.lastSeconds);
    const recentSince = Math.max(nowSeconds - RECENT_SECONDS, series.fineSinceSeconds);
    const window = this.#windowSince({ ...stretch, untilSeconds: end }, recentSince);
    // Cut where what it needs lies in slots that reach beyond it.
    return { window, share: Math.min(1, lengthSeconds / (window.toSeconds - window.fromSeconds)) };
  }

  #wasTold(series: Series, coarseFrom: number, coarseTo: number): boolean {
    let told = 0;
    for (let slot = coarseFrom; slot < coarseTo; slot++) told += series.told?.secondsIn(slot) ?? 0;
    return told >= (1 - MOST_MISSED) * (coarseTo - coarseFrom) * this.#grid.coarseSeconds;
  }
}

function whole(window: MetricsWindow): SeriesWindow {
  return { window, share: 1 };
}
