import { mean } from '../../models/statistics.ts';
import { chainRates } from '../observe/chain-load.ts';
import type { ObserveSources } from '../observe/read-metrics.ts';
import { sharedRates } from './shared-rates.ts';
import { SpanView } from './span-view.ts';

/** Bursts of seconds show in spans of this length, s. */
export const SPAN_SECONDS = 5;

/** After a pause as many spans are read, of the others nothing is known. */
const READ = 24;
/** Spans that are read once more with every pass: records may come late. */
const READ_AGAIN = 12;

/** Where work piled up, more than this of the mean is work that had waited. */
const MOST_OF_MEAN = 2;

/** Spans before, and at the end when it is over, that tell what is usual; a little more is chance. */
const BEFORE = 12;
const AFTER = 3;
const EXPLAINED = 1.1;

/** Spans that are kept: of twenty minutes, and of some more by which `sharedRates` are told. */
const KEPT = 330;

/** Rates of all chains in spans of five seconds, aligned to the epoch. A span is known by its index since then. */
export class SpanRates {
  /** By chain: the rates of the latest spans, the newest last; NaN where nothing is known, requests/s. */
  readonly #rates = new Map<string, number[]>();
  /** `sharedRates` of these; undefined after a change. */
  #shared: ReadonlyMap<string, readonly number[]> | undefined;
  #newest: number | undefined;
  /** By chain: the spans that were levelled last, without a longer break. */
  readonly #levelled = new Map<string, { readonly from: number; readonly to: number }>();

  /** Index of the newest span that is known; undefined before the first. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** As they were counted. */
  get own(): SpanView {
    return new SpanView(this.#rates, this.#newest);
  }

  /** Without the chance of which chain a request belongs to (`sharedRates`). */
  get shared(): SpanView {
    this.#shared ??= sharedRates(this.#rates, SPAN_SECONDS);
    return new SpanView(this.#shared, this.#newest);
  }

  /** Reads the spans that have ended by then, and those of the minute before once more. */
  update(sources: ObserveSources, untilSeconds: number): void {
    const last = Math.floor(untilSeconds / SPAN_SECONDS) - 1;
    this.#shared = undefined;
    // After the clock was set back nothing is kept from the future.
    if (this.#newest !== undefined && last < this.#newest) this.#forget();
    const first = Math.max((this.#newest ?? Number.NEGATIVE_INFINITY) + 1, last - READ + 1);
    if (this.#newest !== undefined && first > this.#newest + 1) this.#forget();
    if (first <= last) this.#readAgain(sources, first - READ_AGAIN, first - 1);
    for (let span = first; span <= last; span++) this.#read(sources, span);
  }

  /**
   * Takes the spans of a chain from one to another, in which work piled up, down to what may have come in one of them: the
   * rate before or after where that explains their mean, else twice the mean.
   */
  level(chain: string, from: number, to: number): void {
    const rates = this.#rates.get(chain);
    if (rates === undefined || this.#newest === undefined) return;
    this.#shared = undefined;
    const end = rates.length - (this.#newest - to);
    const start = Math.max(0, rates.length - 1 - (this.#newest - from));
    const before = this.#levelled.get(chain);
    const isLonger = before !== undefined && from <= before.to + READ;
    this.#levelled.set(chain, { from: isLonger ? Math.min(before.from, from) : from, to });
    const meanOf = (first: number, last: number) =>
      mean(rates.slice(Math.max(0, first), last).filter((rate) => !Number.isNaN(rate)));
    const inside = meanOf(start, end);
    if (Number.isNaN(inside)) return;
    const outside = Math.max(meanOf(start - BEFORE, start) || 0, meanOf(end - AFTER, end) || 0);
    const isExplained = inside <= EXPLAINED * outside;
    const most = isExplained ? EXPLAINED * outside : MOST_OF_MEAN * inside;
    for (let i = start; i < end; i++) if (rates[i]! > most) rates[i] = most;
  }

  /** Its requests were counted when they were answered, or those next to it may have been: its seconds say nothing. */
  isLevelled(chain: string, span: number): boolean {
    const levelled = this.#levelled.get(chain);
    return levelled !== undefined && span >= levelled.from - 1 && span <= levelled.to + 1;
  }

  keepOnly(chains: ReadonlyMap<string, unknown>): void {
    for (const id of this.#rates.keys()) {
      if (chains.has(id)) continue;
      this.#rates.delete(id);
      this.#levelled.delete(id);
      this.#shared = undefined;
    }
  }

  #forget(): void {
    this.#rates.clear();
    this.#levelled.clear();
    this.#newest = undefined;
  }

  #readAgain(sources: ObserveSources, from: number, to: number): void {
    if (this.#newest === undefined) return;
    for (let span = from; span <= to; span++) {
      for (const [chain, rate = 0] of chainRates(sources, SPAN_SECONDS, (span + 1) * SPAN_SECONDS)) {
        const known = this.#rates.get(chain);
        const place = (known?.length ?? 0) - 1 - (this.#newest - span);
        // What was levelled is more than what was answered in a span.
        if (known === undefined || place < 0 || span <= (this.#levelled.get(chain)?.to ?? 0)) continue;
        if (!Number.isNaN(known[place])) known[place] = rate;
      }
    }
  }

  #read(sources: ObserveSources, span: number): void {
    const rates = chainRates(sources, SPAN_SECONDS, (span + 1) * SPAN_SECONDS);
    for (const [chain, rate = 0] of rates) {
      const known = this.#rates.get(chain);
      if (known !== undefined) {
        known.push(rate);
        if (known.length > KEPT) known.shift();
        // Of the span in which it is heard of first a part is known.
      } else if (rate > 0) this.#rates.set(chain, [Number.NaN]);
    }
    this.#newest = span;
  }
}
