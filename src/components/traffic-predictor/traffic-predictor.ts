import type {
  Forecast,
  ForecastNotEnoughData,
  ForecastOutcome,
  PredictorStatus,
  TrainingOutcome,
} from '../../models/forecasts.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import type { TrafficForecaster } from '../../models/ports.ts';
import { systemClock } from '../../utils/system-clock.ts';
import { BacktestRound } from './backtest/backtest-round.ts';
import { speakBaseline, speakGru } from './backtest/speak.ts';
import type { Verdict } from './backtest/verdict.ts';
import { breather } from './breathe.ts';
import { ChainMemory, endSeconds } from './chain-memory.ts';
import { GruForecaster } from './gru/gru-forecaster.ts';
import type { TrafficPredictorOptions } from './options.ts';
import { networkShape, trainingSettings } from './options.ts';
import { recentlyKnown } from './recently-known.ts';

/** Known steps that the simplest model needs: one to go on, one to see how far off that is. */
const NEEDED_STEPS = 2;
/** Chains that have not been seen for this long are forgotten, s. */
const FORGET_AFTER = 14 * 86_400;

/**
 * Forecasts the rates of chains for the next `predictionHorizon` steps, as quantiles. One GRU over all chains and a
 * handful of simple methods compete in a rolling backtest of each chain; the one with the least error speaks.
 *
 * Everything of TensorFlow runs in a worker thread, which starts at the first training or load.
 */
export class TrafficPredictor implements TrafficForecaster {
  readonly #options: TrafficPredictorOptions;
  readonly #horizon: number;
  readonly #sequenceLength: number;
  readonly #gru: GruForecaster;
  readonly #clock: { nowSeconds(): number };
  readonly #memory = new ChainMemory();
  readonly #verdicts = new Map<string, Verdict>();
  #training: Promise<TrainingOutcome> | undefined;
  #lastTraining: PredictorStatus['lastTraining'];

  /**
   * @param options defaults stand at each; a RangeError says which is out of bounds
   * @param gru the network; tests replace its worker
   */
  constructor(options: TrafficPredictorOptions = {}, gru?: GruForecaster) {
    const shape = networkShape(options);
    this.#options = options;
    this.#horizon = shape.horizon;
    this.#sequenceLength = shape.sequenceLength;
    this.#gru = gru ?? new GruForecaster(shape, trainingSettings(options));
    this.#clock = options.clock ?? systemClock();
  }

  /**
   * One outcome a series, in order. `recent` may be short: what earlier calls brought is remembered (up to two weeks
   * of minutes a chain), so that seasons and backtests have their history.
   *
   * @param leadSteps how many steps `maximum95` covers, at most the horizon
   */
  async predict(
    recent: readonly ChainSeries[],
    leadSteps: number = this.#horizon,
  ): Promise<readonly ForecastOutcome[]> {
    const lead = Math.max(1, Math.min(this.#horizon, Math.round(leadSteps)));
    const known = await this.#remember(recent);
    const speakable = known.filter((series) => this.#steps(series) >= NEEDED_STEPS);
    await this.#judge(speakable.filter((series) => this.#isDue(series)));
    const forecasts = await this.#speak(speakable, lead);
    return known.map((series) => forecasts.get(series.chain) ?? this.#notEnough(series));
  }

  /**
   * Trains a new network on the history in the background. Resolves with what became of it and never rejects; on any
   * failure the network before stays, if there was one. A second call while one runs joins it.
   */
  train(history: readonly ChainSeries[], signal?: AbortSignal): Promise<TrainingOutcome> {
    this.#training ??= this.#train(history, signal).finally(() => {
      this.#training = undefined;
    });
    return this.#training;
  }

  /** The network of the last good training or load with its fingerprint and checksum; undefined before. */
  save(): Uint8Array | undefined {
    return this.#gru.save();
  }

  async load(
    saved: Uint8Array,
  ): Promise<{ readonly kind: 'loaded' } | { readonly kind: 'refused'; readonly reason: string }> {
    const reason = await this.#gru.load(saved);
    if (reason !== undefined) return { kind: 'refused', reason };
    this.#verdicts.clear();
    return { kind: 'loaded' };
  }

  get status(): PredictorStatus {
    return {
      backend: this.#gru.backend,
      training: this.#training !== undefined,
      ...(this.#lastTraining === undefined ? {} : { lastTraining: this.#lastTraining }),
    };
  }

  /** Ends the worker thread. A training under way is answered `failed`. */
  async close(): Promise<void> {
    await this.#gru.close();
  }

  async #train(history: readonly ChainSeries[], signal: AbortSignal | undefined): Promise<TrainingOutcome> {
    const known = await this.#remember(history);
    const step = this.#options.step ?? 60;
    const trainable = history.filter(({ stepSeconds }) => stepSeconds === step);
    const outcome = await this.#gru.train(trainable, signal);
    this.#lastTraining = { ...outcome, atSeconds: this.#clock.nowSeconds() };
    this.#options.logger?.info({ ...outcome, backend: this.#gru.backend }, 'training of the predictor ended');
    if (outcome.kind === 'trained') {
      this.#verdicts.clear();
      await this.#judge(known.filter((series) => this.#steps(series) >= NEEDED_STEPS));
    }
    return outcome;
  }

  async #remember(all: readonly ChainSeries[]): Promise<readonly ChainSeries[]> {
    const breathe = breather();
    const known: ChainSeries[] = [];
    let newest = Number.NEGATIVE_INFINITY;
    for (const series of all) {
      known.push(this.#memory.merge(series));
      newest = Math.max(newest, endSeconds(series));
      await breathe();
    }
    for (const chain of this.#memory.forgetBefore(newest - FORGET_AFTER)) this.#verdicts.delete(chain);
    return known;
  }

  /** Known steps among the newest that the network would look at. */
  #steps(series: ChainSeries): number {
    return recentlyKnown(series, this.#sequenceLength);
  }

  #notEnough(series: ChainSeries): ForecastNotEnoughData {
    return { kind: 'not-enough-data', chain: series.chain, have: this.#steps(series), need: NEEDED_STEPS };
  }

  /** A verdict holds for as many steps as are forecast, and fewer while there is little history. */
  #isDue(series: ChainSeries): boolean {
    const verdict = this.#verdicts.get(series.chain);
    if (verdict === undefined) return true;
    const holds = Math.min(this.#horizon, Math.ceil(series.rates.length / 10)) * series.stepSeconds;
    const age = endSeconds(series) - verdict.atSeconds;
    return age < 0 || age >= holds;
  }

  async #judge(due: readonly ChainSeries[]): Promise<void> {
    const round = new BacktestRound(this.#gru, this.#horizon);
    for (const [chain, verdict] of await round.judge(due)) this.#verdicts.set(chain, verdict);
  }

  async #speak(speakable: readonly ChainSeries[], lead: number): Promise<ReadonlyMap<string, Forecast>> {
    const forecasts = await speakGru(this.#gru, this.#verdicts, speakable, lead);
    const breathe = breather();
    for (const series of speakable) {
      const verdict = this.#verdicts.get(series.chain);
      if (verdict === undefined || forecasts.has(series.chain)) continue;
      forecasts.set(series.chain, speakBaseline(series, verdict, this.#horizon, lead));
      await breathe();
    }
    return forecasts;
  }
}
