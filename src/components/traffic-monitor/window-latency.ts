import type { LatencyDistribution } from '../../models/metrics.ts';
import { RELATIVE_ERROR } from './latency-buckets.ts';
import type { HistogramBuilder, LatencyHistogram } from './latency-histogram.ts';
import type { MetricsWindow } from './metrics-window.ts';
import type { Series } from './series.ts';
import type { TimeGrid } from './time-grid.ts';

/** What the latencies of all series of a window have in common. */
export interface WindowSource {
  readonly window: MetricsWindow;
  readonly grid: TimeGrid;
  readonly builder: HistogramBuilder;
}

/**
 * The latencies of one series in a window. Its sketches are added up when a quantile is first asked for: most readers
 * want rates, or the quantiles of a few series out of thousands.
 */
export class WindowLatency implements LatencyDistribution {
  readonly count: number;
  readonly relativeError = RELATIVE_ERROR;
  readonly #latencySum: number;
  readonly #series: Series;
  readonly #source: WindowSource;
  /** The first question and its answer: most are asked for one quantile alone, and a histogram is not kept for that. */
  #asked = Number.NaN;
  #answer = Number.NaN;
  #histogram: LatencyHistogram | undefined;

  /** `count` and `latencySum` are those of the counters, which cut the window more finely than the sketches do. */
  constructor(count: number, latencySum: number, series: Series, source: WindowSource) {
    this.count = count;
    this.#latencySum = latencySum;
    this.#series = series;
    this.#source = source;
  }

  get meanSeconds(): number {
    return this.count > 0 ? this.#latencySum / this.count : Number.NaN;
  }

  quantile(q: number): number {
    if (this.count === 0 || q === this.#asked) return this.#answer;
    if (this.#histogram !== undefined || !Number.isNaN(this.#asked)) return this.#added().quantile(q);
    addSketches(this.#series, this.#source);
    this.#asked = q;
    this.#answer = this.#source.builder.takeQuantile(q);
    return this.#answer;
  }

  fractionAbove(seconds: number): number {
    return this.#added().fractionAbove(seconds);
  }

  #added(): LatencyHistogram {
    if (this.#histogram === undefined) {
      addSketches(this.#series, this.#source);
      this.#histogram = this.#source.builder.build(this.count, this.#latencySum);
    }
    return this.#histogram;
  }
}

/** Sketch slots are wider than the fine slots that count: at the window's ends they reach a little beyond it. */
function addSketches(series: Series, { window, grid, builder }: WindowSource): void {
  series.settle();
  for (let slot = window.coarseFrom; slot < window.coarseTo; slot++) {
    series.coarseSketches.addTo(builder, slot);
  }
  addFineSketches(series, window.headFrom, window.headTo, grid, builder);
  addFineSketches(series, window.tailFrom, window.tailTo, grid, builder);
}

function addFineSketches(
  series: Series,
  fineFrom: number,
  fineTo: number,
  grid: TimeGrid,
  builder: HistogramBuilder,
): void {
  if (fineFrom >= fineTo) return;
  const last = grid.sketchOf(fineTo - 1);
  for (let slot = grid.sketchOf(fineFrom); slot <= last; slot++) {
    series.fineSketches.addTo(builder, slot);
  }
}
