import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../models/errors.ts';
import type { ForecastOutcome, PredictorStatus, TrainingOutcome } from '../../models/forecasts.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import type { TrafficForecaster } from '../../models/ports.ts';
import { systemClock } from '../../utils/system-clock.ts';
import { breather } from './breathe.ts';
import { ChainBook } from './chain-book.ts';
import { ChainMemory, endSeconds, type Remembered } from './chain-memory.ts';
import { forecastOf } from './forecast-of.ts';
import { GruForecaster } from './gru/gru-forecaster.ts';
import type { LayersModelArtifacts } from './gru/layers-model.ts';
import { NEEDED_STEPS } from './mixture/chain-forecaster.ts';
import type { TrafficPredictorOptions } from './options.ts';
import { networkShape, trainingSettings } from './options.ts';
import { recentlyKnown } from './recently-known.ts';

/** Chains that have not been seen for this long are forgotten, s. */
const FORGET_AFTER = 14 * 86_400;

/**
 * Forecasts the rates of chains for the next `predictionHorizon` steps, as quantiles. One GRU over all chains and a
 * handful of simple methods are mixed for each chain by how well each did there, and what is served is calibrated on
 * its own errors.
 *
 * Training runs in a worker thread, which starts at the first one; forecasts never wait for it.
 */
export class TrafficPredictor implements TrafficForecaster {
  readonly #options: TrafficPredictorOptions;
  readonly #horizon: number;
  readonly #sequenceLength: number;
  readonly #gru: GruForecaster;
  readonly #clock: { nowSeconds(): number };
  readonly #memory = new ChainMemory();
  readonly #book: ChainBook;
  /** The call before: chains and network are worked on by one at a time. */
  #before: Promise<unknown> = Promise.resolve();
  #training: Promise<TrainingOutcome> | undefined;
  #renewing: Promise<void> | undefined;
  #turnsAhead = 0;
  #closed = false;
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
    this.#book = new ChainBook(this.#gru, this.#horizon);
    this.#clock = options.clock ?? systemClock();
  }

  /**
   * One outcome a series, in order. `recent` may be short: what earlier calls brought is remembered (up to two weeks
   * of minutes a chain), so that seasons and the mixture have their history.
   *
   * @param leadSteps how many steps `maximum95` covers, at most the horizon
   */
  predict(
    recent: readonly ChainSeries[],
    leadSteps: number = this.#horizon,
  ): Promise<readonly ForecastOutcome[]> {
    const lead = Math.max(1, Math.min(this.#horizon, Math.round(leadSteps)));
    const outcomes = this.#inTurn(async () => {
      const known = await this.#remember(recent);
      await this.#book.advance([...known.values()]);
      const outcomes = await this.#speak(known, lead);
      return recent.map(({ chain }) => outcomes.get(chain)!);
    });
    return this.#thenRenew(outcomes);
  }

  /**
   * Trains the network on the history in the background, from the present weights where there are some. Resolves with
   * what became of it and never rejects; on any failure the network before stays, if there was one. A second call while
   * one runs joins it.
   */
  train(history: readonly ChainSeries[], signal?: AbortSignal): Promise<TrainingOutcome> {
    this.#training ??= this.#thenRenew(this.#train(history, signal)).finally(() => {
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
    return this.#inTurn(() => {
      const reason = this.#gru.load(saved);
      if (reason !== undefined) return { kind: 'refused', reason };
      this.#book.meetNetwork();
      return { kind: 'loaded' };
    });
  }

  /**
   * The network as a layers model of TensorFlow.js: `tf.loadLayersModel(tf.io.fromMemory(artifacts))` reads it and needs
   * nothing of ours. Undefined before there is a network. Rejects where TensorFlow.js is not installed: nothing else here
   * needs it.
   */
  exportLayersModel(): Promise<LayersModelArtifacts | undefined> {
    return this.#gru.exportLayersModel();
  }

  get status(): PredictorStatus {
    return {
      backend: this.#gru.backend,
      training: this.#training !== undefined,
      ...(this.#lastTraining === undefined ? {} : { lastTraining: this.#lastTraining }),
    };
  }

  /** Resolves when no call, no training and no renewal is under way; answers whether one was. */
  async settled(): Promise<boolean> {
    const isBusy = () => this.#turnsAhead > 0 || this.#training !== undefined || this.#renewing !== undefined;
    const wasBusy = isBusy();
    while (isBusy()) await Promise.all([this.#before, this.#training, this.#renewing]);
    return wasBusy;
  }

  /** Ends the worker thread. A training under way is answered `failed`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#gru.close();
  }

  async #train(history: readonly ChainSeries[], signal: AbortSignal | undefined): Promise<TrainingOutcome> {
    const outcome = await this.#tryToTrain(history, signal).catch(
      (thrown: unknown): TrainingOutcome => ({ kind: 'failed', reason: messageOf(thrown) }),
    );
    this.#lastTraining = { ...outcome, atSeconds: this.#clock.nowSeconds() };
    this.#options.logger?.info({ ...outcome, backend: this.#gru.backend }, 'training of the predictor ended');
    return outcome;
  }

  async #tryToTrain(
    history: readonly ChainSeries[],
    signal: AbortSignal | undefined,
  ): Promise<TrainingOutcome> {
    await this.#inTurn(() => this.#remember(history));
    const step = this.#options.step ?? 60;
    const trainable = history.filter(({ stepSeconds }) => stepSeconds === step);
    return this.#gru.train(trainable, (work) => this.#inTurn(work), signal);
  }

  /** Begins to renew forecasters when this is done; the next call then finds the first of them renewed. */
  #thenRenew<T>(work: Promise<T>): Promise<T> {
    return work.finally(() => {
      this.#renewing ??= this.#renew()
        .catch((thrown: unknown) => {
          this.#options.logger?.error({ error: messageOf(thrown) }, 'forecasters could not be renewed');
        })
        .finally(() => {
          this.#renewing = undefined;
        });
    });
  }

  /** A few at a time, between the calls, and half of the time not at all. */
  async #renew(): Promise<void> {
    while (!this.#closed && this.#book.hasOutdated) {
      const startedMs = performance.now();
      await this.#inTurn(() => this.#book.renewSome((chain) => this.#memory.series(chain)));
      if (this.#book.hasOutdated) await sleep(performance.now() - startedMs);
    }
  }

  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    this.#turnsAhead += 1;
    const result = this.#before.then(work).finally(() => {
      this.#turnsAhead -= 1;
    });
    this.#before = result.catch(() => {});
    return result;
  }

  /** By chain; of two series of one chain the later says what is known now. */
  async #remember(all: readonly ChainSeries[]): Promise<ReadonlyMap<string, Remembered>> {
    const breathe = breather();
    const known = new Map<string, Remembered>();
    let newest = Number.NEGATIVE_INFINITY;
    for (const series of all) {
      const remembered = this.#memory.merge(series);
      this.#book.note(remembered);
      known.set(series.chain, remembered);
      newest = Math.max(newest, endSeconds(series));
      await breathe();
    }
    this.#book.forget(this.#memory.forgetBefore(newest - FORGET_AFTER));
    return known;
  }

  async #speak(
    known: ReadonlyMap<string, Remembered>,
    lead: number,
  ): Promise<ReadonlyMap<string, ForecastOutcome>> {
    const breathe = breather();
    const outcomes = new Map<string, ForecastOutcome>();
    for (const [chain, { series }] of known) {
      outcomes.set(chain, this.#outcome(series, lead));
      await breathe();
    }
    return outcomes;
  }

  #outcome(series: ChainSeries, lead: number): ForecastOutcome {
    const have = recentlyKnown(series, this.#sequenceLength);
    const led = have < NEEDED_STEPS ? undefined : this.#book.forecaster(series.chain);
    const served = led?.forecaster.forecast();
    if (led === undefined || served === undefined) {
      return { kind: 'not-enough-data', chain: series.chain, have, need: NEEDED_STEPS };
    }
    return forecastOf(series, led.untilSeconds, served, led.forecaster.report(), lead);
  }
}
