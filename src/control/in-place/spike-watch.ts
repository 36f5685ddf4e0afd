import { mean, median } from '../../models/statistics.ts';
import { SPAN_SECONDS } from './span-rates.ts';

/** A spike is so many times what came before, and more than chance: so many standard deviations of a Poisson count. */
const SPIKE = 2;
const DEVIATIONS = 4;
const LEAST_REQUESTS = 20;

/** It is over when the rate is this near to what came before. */
const OVER = 1.3;
/** Below this share of its largest rate it is going. */
const GOING = 0.5;

/** What lasts longer is a new level, s. */
const LONGEST_SECONDS = 180;

/** Rates that what is usual is told from, and the fewest that do. */
const USUAL = 24;
const LEAST_USUAL = 12;

/** A span that is higher by less than this of the spike was no part of it. */
const CHANCE = 0.15;

/** Spikes that are remembered. */
const KEPT = 16;

export interface Spike {
  /** When it began, s since the epoch; between spans on a line. */
  readonly onsetSeconds: number;
  /** Largest rate of a span over the usual one then, requests/s: jobs come on top of whatever else there is. */
  readonly height: number;
  /** Earliest time at which it may have begun, s: before the onset where requests were answered late. */
  readonly earliestSeconds: number;
}

export interface PresentSpike {
  /** The latest, requests/s. */
  readonly rate: number;
  readonly isGoing: boolean;
}

interface Rising {
  readonly first: number;
  readonly onsetSeconds: number;
  readonly usual: number;
  readonly peak: number;
  /** One span was seen of it. */
  readonly isFirst: boolean;
  readonly earliestSeconds: number | undefined;
}

/** Tells spikes of a chain's rate from its usual load, span after span. */
export class SpikeWatch {
  /** The latest, the oldest first. */
  readonly spikes: Spike[] = [];
  /** Rates outside of spikes, the newest last. */
  readonly #usual: number[] = [];
  #before = Number.NaN;
  #rising: Rising | undefined;
  #next: number | undefined;

  /**
   * Reads the spans up to the newest that were not read yet. `rate`: NaN where nothing is known of a span. `earliestSeconds`: where requests
   * were answered late, from when on.
   */
  read(newest: number, rate: (span: number) => number, earliestSeconds?: number): void {
    // The clock was set back.
    if (newest < (this.#next ?? newest) - 1) this.#forget();
    const first = Math.max(this.#next ?? newest, newest - USUAL);
    for (let span = first; span <= newest; span++) this.#see(span, rate(span), earliestSeconds);
    this.#next = newest + 1;
  }

  /** Leaves out the spans up to the newest: of silence nothing is usual. */
  skip(newest: number): void {
    this.#next = Math.max(this.#next ?? 0, newest + 1);
  }

  /** The spike that is not over. */
  present(): PresentSpike | undefined {
    if (this.#rising === undefined) return undefined;
    return { rate: this.#before, isGoing: this.#before < GOING * this.#rising.peak };
  }

  /** Rate of the newest span that is known; NaN before the first, requests/s. */
  get latest(): number {
    return this.#before;
  }

  /** Mean of the latest `spans` outside of spikes; NaN where none is known, requests/s. */
  usual(spans: number): number {
    return mean(this.#usual.slice(-spans));
  }

  #see(span: number, rate: number, earliestSeconds: number | undefined): void {
    if (Number.isNaN(rate)) return;
    if (this.#rising !== undefined) this.#goOn(span, rate, this.#rising);
    else if (this.#isSpike(rate)) this.#begin(span, rate, earliestSeconds);
    else this.#push(rate);
    this.#before = rate;
  }

  #isSpike(rate: number): boolean {
    if (this.#usual.length < LEAST_USUAL) return false;
    return rate > leastSpike(median(this.#usual));
  }

  #begin(span: number, rate: number, earliestSeconds: number | undefined): void {
    const usual = median(this.#usual);
    const before = Math.min(1, Math.max(0, (this.#before - usual) / (rate - usual) || 0));
    const onsetSeconds = SPAN_SECONDS * (span - before);
    this.#rising = { first: span, onsetSeconds, usual, peak: rate, isFirst: true, earliestSeconds };
  }

  #goOn(span: number, rate: number, rising: Rising): void {
    // Also by a pause: of what was before it nothing is usual any more.
    if ((span - rising.first) * SPAN_SECONDS > LONGEST_SECONDS) {
      this.#rising = undefined;
      this.#usual.length = 0;
      return;
    }
    if (rate < Math.max(OVER * rising.usual, rising.usual + LEAST_REQUESTS / 2 / SPAN_SECONDS)) {
      const { onsetSeconds, peak, usual, earliestSeconds = onsetSeconds } = rising;
      this.spikes.push({ onsetSeconds, height: peak - usual, earliestSeconds });
      if (this.spikes.length > KEPT) this.spikes.shift();
      this.#rising = undefined;
      this.#push(rate);
      return;
    }
    this.#rising = {
      ...rising,
      onsetSeconds: this.#onset(rate, rising),
      peak: Math.max(rising.peak, rate),
      isFirst: false,
    };
  }

  /** The span in which it begins, or the one before, is a part of it alone: how much is told by the next one. */
  #onset(rate: number, { first, usual, isFirst, onsetSeconds }: Rising): number {
    const isWhole = onsetSeconds < SPAN_SECONDS * (first - CHANCE);
    if (!isFirst || isWhole || rate <= this.#before) return onsetSeconds;
    return SPAN_SECONDS * (first + 1 - (this.#before - usual) / (rate - usual));
  }

  #forget(): void {
    this.spikes.length = 0;
    this.#rising = undefined;
    this.#next = undefined;
  }

  #push(rate: number): void {
    this.#usual.push(rate);
    if (this.#usual.length > USUAL) this.#usual.shift();
  }
}

/** Least rate of a span that is a spike over the usual one, requests/s. */
export function leastSpike(usual: number): number {
  const byChance = DEVIATIONS * Math.sqrt(usual / SPAN_SECONDS);
  return Math.max(SPIKE * usual + byChance, usual + LEAST_REQUESTS / SPAN_SECONDS);
}
