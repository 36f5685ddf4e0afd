import type { ForecastOutcome } from '../../models/forecasts.ts';
import { lateness } from '../learn.ts';
import { chainRates } from '../observe/chain-load.ts';
import type { Observation } from '../observe/observation.ts';
import type { ObserveSources } from '../observe/read-metrics.ts';
import { MISSED, NearLoad, SPAN_SECONDS } from './near-load.ts';
import { PeakHold } from './peak-hold.ts';

/** What is known later than this tells nothing of the half minute to come, s: the largest rate of minutes counts then. */
const LATEST_SECONDS = 15;

/** Requests/s by chain; chains of which nothing is known now are absent. */
export interface NearForecast {
  /** What is to be planned for. */
  readonly loads: ReadonlyMap<string, number>;
  /** Mean rates of the last minute. */
  readonly recent: ReadonlyMap<string, number>;
}

/** What every chain will carry within the next half minute. */
export class NearLoads {
  readonly #chains = new Map<string, NearLoad>();
  readonly #peaks = new Map<string, PeakHold>();
  /** Mean rate of the last minute, or of the one before a silence. */
  readonly #recent = new Map<string, number>();

  /** A chain's objective was missed in the minute before. */
  miss(chain: string, atSeconds: number, planned: number): void {
    this.#peakOf(chain).miss(atSeconds, planned);
  }

  update(
    sources: ObserveSources,
    { atSeconds, chains }: Observation,
    forecasts: ReadonlyMap<string, ForecastOutcome>,
  ): NearForecast {
    const late = lateness(sources.settings);
    const untilSeconds = atSeconds - late;
    this.#forgetOthers(chains);
    const [last15, last30, last60] = [15, 30, 60].map((span) => chainRates(sources, span, untilSeconds));
    const loads = new Map<string, number>();
    for (const [id, { load }] of chains) {
      if (load === undefined) continue;
      const rates = {
        last15: last15?.get(id) ?? 0,
        last30: last30?.get(id) ?? 0,
        last60: last60?.get(id) ?? 0,
      };
      const peak = this.#peakOf(id);
      peak.note(atSeconds, rates.last15);
      const near = this.#of(id);
      const soon = near.update(atSeconds, rates);
      // A few requests in a span are no more than chance, and so is none.
      const floor = late > LATEST_SECONDS || soon * SPAN_SECONDS < MISSED ? load : 0;
      loads.set(id, Math.max(soon, floor, foreseen(forecasts.get(id)), peak.load(atSeconds)));
      if (!near.isUncertain(atSeconds)) this.#recent.set(id, rates.last60);
    }
    return { loads, recent: new Map(this.#recent) };
  }

  /** Of chains that are not configured any more nothing is kept. */
  #forgetOthers(chains: Observation['chains']): void {
    for (const of of [this.#chains, this.#peaks, this.#recent])
      for (const id of of.keys()) if (!chains.has(id)) of.delete(id);
  }

  #peakOf(chain: string): PeakHold {
    const known = this.#peaks.get(chain) ?? new PeakHold();
    this.#peaks.set(chain, known);
    return known;
  }

  #of(chain: string): NearLoad {
    const known = this.#chains.get(chain) ?? new NearLoad();
    this.#chains.set(chain, known);
    return known;
  }
}

/** What is more likely than not to come with the next step; what is only possible can be answered when it comes. */
function foreseen(forecast: ForecastOutcome | undefined): number {
  return forecast?.kind === 'forecast' && forecast.maximumOrigins >= LEAST_ORIGINS
    ? (forecast.medians[0] ?? 0)
    : 0;
}

/** As in plan-request.ts: a forecast with fewer past errors tells of its ignorance. */
const LEAST_ORIGINS = 19;
