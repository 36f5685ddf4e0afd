import type { ForecastOutcome } from '../../models/forecasts.ts';
import { chainRates } from '../observe/chain-load.ts';
import type { Observation } from '../observe/observation.ts';
import type { ObserveSources } from '../observe/read-metrics.ts';
import { NearLoad } from './near-load.ts';
import { PeakHold } from './peak-hold.ts';

/** Records of the last seconds are still under way, s. */
const LATENESS_SECONDS = 5;

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

  /** A chain's objective was missed in the minute before. */
  miss(chain: string, atSeconds: number, planned: number): void {
    this.#peakOf(chain).miss(atSeconds, planned);
  }

  update(
    sources: ObserveSources,
    { atSeconds, chains }: Observation,
    forecasts: ReadonlyMap<string, ForecastOutcome>,
  ): NearForecast {
    const untilSeconds = atSeconds - LATENESS_SECONDS;
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
      const near = this.#of(id).update(atSeconds, rates);
      loads.set(id, Math.max(near, foreseen(forecasts.get(id)), peak.load(atSeconds)));
    }
    const recent = new Map([...chains.keys()].flatMap((id) => rateOf(last60, id)));
    return { loads, recent };
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

function rateOf(
  rates: ReadonlyMap<string, number | undefined> | undefined,
  chain: string,
): [string, number][] {
  const rate = rates?.get(chain);
  return rate === undefined ? [] : [[chain, rate]];
}

/** What is more likely than not to come with the next step; what is only possible can be answered when it comes. */
function foreseen(forecast: ForecastOutcome | undefined): number {
  return forecast?.kind === 'forecast' && forecast.maximumOrigins >= LEAST_ORIGINS
    ? (forecast.medians[0] ?? 0)
    : 0;
}

/** As in plan-request.ts: a forecast with fewer past errors tells of its ignorance. */
const LEAST_ORIGINS = 19;
