/**
 * The load that services which are resized in place are planned for: their next change is seconds away, so what counts is
 * the rate of the next half minute and not the largest one of minutes.
 *
 * Simple forecasts of it compete (the last 15, 30 and 60 s, and the line through the last two half minutes). Each is raised
 * by the quantile of what the truth was of it before (split conformal prediction: Vovk, Gammerman and Shafer, Algorithmic
 * Learning in a Random World, 2005, section 4.2, on the ratio); the one that cost least in the pinball loss of that
 * quantile speaks (Koenker and Bassett, Econometrica 46, 1978).
 */

/** Share of the half minutes whose mean rate is to stay at or below the planned one. */
const QUANTILE = 0.9;

/** Ratios that are kept of each forecast, and how many it needs before they are believed. */
const KEPT = 120;
const FIRST = 12;

/** What a forecast is raised by before anything is known of its errors. */
const FIRST_RATIO = 1.15;

/** Rates of a chain over the spans that end now, requests/s. */
export interface NearRates {
  readonly last15: number;
  readonly last30: number;
  readonly last60: number;
}

interface Past {
  readonly atSeconds: number;
  readonly forecasts: readonly number[];
  /** Mean rate since then, by span of 15 s. */
  readonly rates: number[];
}

/** Spans of 15 s that a forecast is about. */
const SPANS = 2;

/** What is told sooner after a span than this overlaps with it and is no news of what came after it, s. */
const LEAST_SPAN_SECONDS = 14.5;

/** Requests that are missed for certain when a span is empty: silence, and no load of nothing. */
export const MISSED = 20;

/** Length of a span, s. */
export const SPAN_SECONDS = 15;

/** Loads among which the one before a silence is looked for. */
const KEPT_LOADS = 3;

/** After silence rates over a minute are too low for as long, s. */
const HOLE_SECONDS = 75;

export class NearLoad {
  readonly #ratios: number[][] = [];
  #open: Past[] = [];
  #previous30: { readonly atSeconds: number; readonly rate: number }[] = [];
  #load: number | undefined;
  #silentSeconds = Number.NEGATIVE_INFINITY;
  /** Loads of the latest calls. */
  readonly #latest: number[] = [];
  /** When the latest span was learned from. */
  #spanSeconds = Number.NEGATIVE_INFINITY;

  /** Rates as they are known at `atSeconds`; to be called at least every 15 s. Answers the load to plan for, requests/s. */
  update(atSeconds: number, rates: NearRates): number {
    const { last15 } = rates;
    if (this.#load !== undefined && last15 === 0 && this.#load * SPAN_SECONDS > MISSED) {
      // Nothing is learned from silence, nor from what follows on it. It may have begun within the span before, and what
      // comes late comes in the spans before.
      this.#forget();
      this.#load = Math.max(this.#load, rates.last30, rates.last60, ...this.#latest);
      this.#silentSeconds = atSeconds;
      return this.#load;
    }
    // The clock was set back.
    if (atSeconds < this.#spanSeconds) this.#forget();
    const isNewSpan = atSeconds - this.#spanSeconds >= LEAST_SPAN_SECONDS;
    if (isNewSpan) this.#learn(last15);
    const forecasts = this.#forecasts(atSeconds, rates);
    if (isNewSpan) {
      this.#open.push({ atSeconds, forecasts, rates: [] });
      this.#spanSeconds = atSeconds;
    }
    const served = this.#served(forecasts);
    this.#load = this.isUncertain(atSeconds) ? Math.max(served, this.#load ?? 0) : served;
    this.#latest.push(this.#load);
    if (this.#latest.length > KEPT_LOADS) this.#latest.shift();
    return this.#load;
  }

  /** Within a minute of silence: rates of the last minute have a hole. */
  isUncertain(atSeconds: number): boolean {
    return Math.abs(atSeconds - this.#silentSeconds) < HOLE_SECONDS;
  }

  #forget(): void {
    this.#open = [];
    this.#previous30 = [];
    this.#spanSeconds = Number.NEGATIVE_INFINITY;
  }

  #learn(last15: number): void {
    for (const past of this.#open) past.rates.push(last15);
    const [oldest] = this.#open;
    if (oldest === undefined || oldest.rates.length < SPANS) return;
    this.#open.shift();
    const truth = oldest.rates.reduce((sum, rate) => sum + rate, 0) / oldest.rates.length;
    oldest.forecasts.forEach((forecast, model) => {
      const ratios = this.#ratios[model] ?? [];
      this.#ratios[model] = ratios;
      ratios.push(forecast > 0 ? truth / forecast : 1);
      if (ratios.length > KEPT) ratios.shift();
    });
  }

  #forecasts(atSeconds: number, { last15, last30, last60 }: NearRates): readonly number[] {
    this.#previous30.push({ atSeconds, rate: last30 });
    while (this.#previous30[0] !== undefined && this.#previous30[0].atSeconds < atSeconds - 40)
      this.#previous30.shift();
    const before = this.#previous30.find((one) => one.atSeconds <= atSeconds - 28);
    const onLine = before === undefined ? last30 : Math.max(0, 2 * last30 - before.rate);
    return [last15, last30, last60, (onLine + last30) / 2, onLine];
  }

  #served(forecasts: readonly number[]): number {
    const known = this.#ratios[0]?.length ?? 0;
    if (known < FIRST) return FIRST_RATIO * Math.max(...forecasts.slice(0, 3));
    let best = Number.POSITIVE_INFINITY;
    let load = 0;
    forecasts.forEach((forecast, model) => {
      const ratios = this.#ratios[model]!;
      const raise = quantileOf(ratios, QUANTILE);
      const loss = pinballLoss(ratios, raise) / raise;
      if (!(loss < best)) return;
      best = loss;
      load = raise * forecast;
    });
    return load;
  }
}

/** With the finite-sample correction of conformal prediction: the ⌈(n + 1)·q⌉-th smallest. */
function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length, Math.ceil((sorted.length + 1) * quantile)) - 1]!;
}

function pinballLoss(values: readonly number[], at: number): number {
  return values.reduce(
    (sum, value) => sum + Math.max(QUANTILE * (value - at), (1 - QUANTILE) * (at - value)),
    0,
  );
}
