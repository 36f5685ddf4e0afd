import type { ChainSeries } from '../../../models/metrics.ts';
import { breather } from '../breathe.ts';
import { endSeconds } from '../chain-memory.ts';
import type { ForecastPlaces, GruForecaster } from '../gru/gru-forecaster.ts';
import { judge } from './judge.ts';
import { backtestOrigins } from './origins.ts';
import type { GruBacktest, Verdict } from './verdict.ts';

/** Windows that the network forecasts in one round; with very many chains each gets fewer origins. */
const MOST_WINDOWS = 30_000;
/** Fewer origins than this say nothing: later chains then go without. */
const LEAST_ORIGINS = 24;

/** Backtests many chains at once: the network's part is one batch in the worker, the rest in short stretches here. */
export class BacktestRound {
  readonly #gru: GruForecaster;
  readonly #horizon: number;

  constructor(gru: GruForecaster, horizon: number) {
    this.#gru = gru;
    this.#horizon = horizon;
  }

  async judge(all: readonly ChainSeries[]): Promise<ReadonlyMap<string, Verdict>> {
    const watched = await this.#watchGru(all);
    const verdicts = new Map<string, Verdict>();
    const breathe = breather();
    for (const series of all) {
      const { chain, rates, stepSeconds } = series;
      const verdict = judge(rates, this.#horizon, stepSeconds, endSeconds(series), watched.get(chain));
      verdicts.set(chain, verdict);
      await breathe();
    }
    return verdicts;
  }

  async #watchGru(all: readonly ChainSeries[]): Promise<ReadonlyMap<string, GruBacktest>> {
    const cutSeconds = this.#gru.cutSeconds;
    if (cutSeconds === undefined || all.length === 0) return new Map();
    const places = placesAfter(all, cutSeconds);
    const forecasts = places.length === 0 ? [] : await this.#gru.forecast(places);
    const backtests = (forecasts ?? []).map((quantiles, i) => {
      const { series, origins } = places[i]!;
      return [series.chain, { origins, ...quantiles }] as const;
    });
    return new Map(backtests);
  }
}

/** Only origins whose first forecast step begins after everything that the network was trained or chosen on. */
function placesAfter(all: readonly ChainSeries[], cutSeconds: number): readonly ForecastPlaces[] {
  const share = Math.max(LEAST_ORIGINS, Math.floor(MOST_WINDOWS / all.length));
  const places: ForecastPlaces[] = [];
  let windows = 0;
  for (const series of all) {
    const after = backtestOrigins(series.rates).filter(
      (origin) => series.startSeconds + (origin + 1) * series.stepSeconds >= cutSeconds,
    );
    const origins = thin(after, share);
    if (origins.length === 0 || windows + origins.length > MOST_WINDOWS) continue;
    windows += origins.length;
    places.push({ series, origins });
  }
  return places;
}

/** `count` of them at most, evenly spread, the newest among them. */
function thin(origins: Int32Array, count: number): Int32Array {
  const kept = Math.min(count, origins.length);
  return Int32Array.from({ length: kept }, (_, i) => {
    const back = Math.floor(((kept - 1 - i) * origins.length) / kept);
    return origins[origins.length - 1 - back]!;
  });
}
