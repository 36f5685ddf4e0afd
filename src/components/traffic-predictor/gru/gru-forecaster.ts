import type { TrainingOutcome } from '../../../models/forecasts.ts';
import type { ChainSeries } from '../../../models/metrics.ts';
import { seededRandom } from '../../../utils/random.ts';
import { breather } from '../breathe.ts';
import { LEVELS } from '../mixture/levels.ts';
import type { NetworkShape, TrainingSettings } from '../options.ts';
import { GruWorker } from './gru-worker.ts';
import { decodeNetwork, encodeNetwork } from './model-file.ts';
import { QUANTILE_COUNT } from './quantiles.ts';
import { buffersOf, knownSteps, neededSteps, selectHistory } from './select-history.ts';
import type { WindowScale } from './windows.ts';
import { writeWindow } from './windows.ts';

/** Where the network shall forecast: at these origins of this series. */
export interface ForecastPlaces {
  readonly series: ChainSeries;
  readonly origins: Int32Array;
}

/** The network on the main thread: trains and forecasts through the worker, keeps a copy of the last good weights. */
export class GruForecaster {
  readonly #shape: NetworkShape;
  readonly #training: TrainingSettings;
  readonly #worker: GruWorker;
  #saved: { readonly bytes: Uint8Array; readonly cutSeconds: number } | undefined;

  constructor(
    shape: NetworkShape,
    training: TrainingSettings,
    worker: GruWorker = new GruWorker({ shape, training }),
  ) {
    this.#shape = shape;
    this.#training = training;
    this.#worker = worker;
  }

  get backend(): string {
    return this.#worker.backend;
  }

  /** End of the history that the network knows; undefined without a network. */
  get cutSeconds(): number | undefined {
    return this.#saved?.cutSeconds;
  }

  /** Trains a new network; it takes over only when all went well. Never rejects. */
  async train(history: readonly ChainSeries[], signal?: AbortSignal): Promise<TrainingOutcome> {
    if (signal?.aborted === true) return { kind: 'cancelled' };
    const need = neededSteps(this.#shape);
    const have = history.reduce((most, series) => Math.max(most, knownSteps(series)), 0);
    if (have < need) return { kind: 'not-enough-data', have, need };
    const selected = selectHistory(history, this.#shape, seededRandom(this.#training.seed));
    const { series, cuts, cutSeconds } = selected;
    const answer = await this.#worker.request({ kind: 'train', series, cuts }, buffersOf(selected), signal);
    switch (answer.kind) {
      case 'trained':
        this.#keep(answer.weights, cutSeconds);
        return {
          kind: 'trained',
          epochs: answer.epochs,
          validationLoss: answer.validationLoss,
          seconds: answer.seconds,
        };
      case 'cancelled':
        return { kind: 'cancelled' };
      case 'failed':
        return { kind: 'failed', reason: answer.reason };
      default:
        return { kind: 'failed', reason: `the worker answered ${answer.kind}` };
    }
  }

  #keep(weights: Float32Array, cutSeconds: number): void {
    this.#worker.weights = weights;
    this.#saved = { bytes: encodeNetwork({ weights, cutSeconds }, this.#shape), cutSeconds };
  }

  save(): Uint8Array | undefined {
    return this.#saved?.bytes.slice();
  }

  /** Undefined when the network was taken, else why not; then the one before stays. Never rejects. */
  async load(bytes: Uint8Array): Promise<string | undefined> {
    const network = decodeNetwork(bytes, this.#shape);
    if (typeof network === 'string') return network;
    const answer = await this.#worker.request({ kind: 'load', weights: network.weights });
    if (answer.kind === 'failed') return answer.reason;
    this.#keep(network.weights, network.cutSeconds);
    return undefined;
  }

  /**
   * Quantile blocks [origins × horizon × LEVELS], one a place, requests/s; NaN where a window cannot be made. Undefined
   * without a network or when the worker fails.
   */
  async forecast(places: readonly ForecastPlaces[]): Promise<readonly Float64Array[] | undefined> {
    if (this.#saved === undefined) return undefined;
    const { sequenceLength, features, horizon } = this.#shape;
    const total = places.reduce((sum, { origins }) => sum + origins.length, 0);
    const inputs = new Float32Array(total * sequenceLength * features);
    const scales: (WindowScale | undefined)[] = [];
    const breathe = breather();
    for (const { series, origins } of places) {
      for (const origin of origins) {
        const offset = scales.length * sequenceLength * features;
        scales.push(writeWindow(series, origin, sequenceLength, features, inputs, offset));
      }
      await breathe();
    }
    const answer = await this.#worker.request({ kind: 'infer', inputs }, [inputs.buffer]);
    if (answer.kind !== 'inferred') return undefined;
    let first = 0;
    return places.map(({ origins }) => {
      const blocks = toRates(answer.outputs, scales, first, origins.length, horizon);
      first += origins.length;
      return blocks;
    });
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }
}

function toRates(
  outputs: Float32Array,
  scales: readonly (WindowScale | undefined)[],
  first: number,
  count: number,
  horizon: number,
): Float64Array {
  const rates = new Float64Array(count * horizon * LEVELS.length).fill(Number.NaN);
  for (let i = 0; i < count; i++) {
    const scale = scales[first + i];
    if (scale === undefined) continue;
    for (let h = 0; h < horizon; h++) {
      for (let q = 0; q < LEVELS.length; q++) {
        const output =
          outputs[((first + i) * horizon + h) * QUANTILE_COUNT + Math.min(q, QUANTILE_COUNT - 1)]!;
        rates[(i * horizon + h) * LEVELS.length + q] = Math.max(0, scale.anchor + scale.scale * output);
      }
    }
  }
  return rates;
}
