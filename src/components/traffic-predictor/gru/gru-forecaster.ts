import type { TrainingOutcome } from '../../../models/forecasts.ts';
import type { ChainSeries } from '../../../models/metrics.ts';
import { seededRandom } from '../../../utils/random.ts';
import { breather } from '../breathe.ts';
import { createNetwork, type Network } from '../network/network.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import type { TrainingSettings } from '../options.ts';
import { writeContext } from './context.ts';
import { type LayersModelArtifacts, layersModelOf } from './layers-model.ts';
import type { TrainingAnswer } from './messages.ts';
import { decodeNetwork, encodeNetwork, type SavedNetwork } from './model-file.ts';
import { buffersOf, knownSteps, neededSteps, selectHistory } from './select-history.ts';
import { TrainingThread } from './training-thread.ts';
import type { WindowScale } from './windows.ts';
import { writeWindow } from './windows.ts';

/** Windows that are made and predicted between two breaths: some 2 ms of work. */
const PART_WINDOWS = 64;

/** Where the network shall forecast: at these origins (rows, ascending) of this series. */
export interface ForecastPlaces {
  readonly series: ChainSeries;
  readonly origins: Int32Array;
}

/** The network: forecasts here, in small parts; trains in a thread of its own. */
export class GruForecaster {
  readonly #shape: NetworkShape;
  readonly #training: TrainingSettings;
  readonly #thread: TrainingThread;
  readonly #network: Network;
  #known: SavedNetwork | undefined;

  constructor(shape: NetworkShape, training: TrainingSettings, thread = new TrainingThread()) {
    this.#shape = shape;
    this.#training = training;
    this.#thread = thread;
    this.#network = createNetwork(shape, { seed: training.seed });
  }

  get backend(): string {
    return this.#network.kernels === 'simd' ? 'wasm-simd' : 'plain';
  }

  /** End of the history that the network knows; undefined without a network. */
  get cutSeconds(): number | undefined {
    return this.#known?.cutSeconds;
  }

  /**
   * Trains the network on; what comes of it takes over only when all went well, and then in its turn. Never rejects.
   *
   * @param inTurn runs work while no forecast is under way
   */
  async train(
    history: readonly ChainSeries[],
    inTurn: <T>(work: () => T) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<TrainingOutcome> {
    const need = neededSteps(this.#shape);
    const have = history.reduce((most, series) => Math.max(most, knownSteps(series)), 0);
    if (have < need) return { kind: 'not-enough-data', have, need };
    const selected = await selectHistory(
      history,
      this.#shape,
      this.#training.memoryBytes,
      seededRandom(this.#training.seed),
    );
    const task = {
      shape: this.#shape,
      settings: this.#training,
      ...selected,
      ...(this.#known !== undefined && { before: this.#known }),
    };
    const answer = await this.#thread.run(task, buffersOf(selected), signal);
    if (answer.kind !== 'trained') return answer;
    return inTurn(() => this.#takeTrained(answer, selected.cutSeconds));
  }

  #takeTrained(answer: Extract<TrainingAnswer, { kind: 'trained' }>, cutSeconds: number): TrainingOutcome {
    const { weights, freshWindows, epochs, validationLoss, previousLoss, seconds } = answer;
    const diverged =
      divergence(validationLoss, previousLoss) ?? this.#take({ weights, freshWindows, cutSeconds });
    if (diverged !== undefined) return { kind: 'failed', reason: diverged };
    return { kind: 'trained', epochs, validationLoss, seconds };
  }

  /** Undefined when the weights were taken, else why not; then those before stay. */
  #take(network: SavedNetwork): string | undefined {
    try {
      this.#network.setWeights(network.weights);
    } catch (thrown) {
      if (thrown instanceof RangeError) return thrown.message;
      throw thrown;
    }
    this.#known = network;
    return undefined;
  }

  save(): Uint8Array | undefined {
    return this.#known === undefined ? undefined : encodeNetwork(this.#known, this.#shape);
  }

  /** The network for TensorFlow.js; undefined without one. Rejects where that is not installed. */
  async exportLayersModel(): Promise<LayersModelArtifacts | undefined> {
    return this.#known === undefined ? undefined : layersModelOf(this.#shape, this.#known.weights);
  }

  /** Undefined when the network was taken, else why not; then the one before stays. */
  load(bytes: Uint8Array): string | undefined {
    const saved = decodeNetwork(bytes, this.#shape);
    return typeof saved === 'string' ? saved : this.#take(saved);
  }

  /**
   * Quantile blocks [origins × horizon × quantiles], one a place, requests/s; NaN where a window cannot be made.
   * Undefined without a network.
   */
  async forecast(places: readonly ForecastPlaces[]): Promise<readonly Float64Array[] | undefined> {
    if (this.#known === undefined) return undefined;
    const { horizon, quantiles } = this.#shape;
    const breathe = breather();
    const all: Float64Array[] = [];
    const part = new WindowPart(this.#network);
    for (const { series, origins } of places) {
      const blocks = new Float64Array(origins.length * horizon * quantiles).fill(Number.NaN);
      all.push(blocks);
      for (const [i, origin] of origins.entries()) {
        part.add(series, origin, blocks, i * horizon * quantiles);
        if (part.isFull) {
          part.forecast();
          await breathe();
        }
      }
    }
    part.forecast();
    return all;
  }

  /** Ends the thread. */
  close(): void {
    this.#thread.close();
  }
}

/** Why a trained network is not to be trusted; undefined when it is. */
function divergence(loss: number, previousLoss: number | undefined): string | undefined {
  if (!Number.isFinite(loss)) return `the training diverged: its validation loss is ${loss}`;
  if (previousLoss === undefined || loss <= previousLoss) return undefined;
  const losses = `${loss.toFixed(4)} against ${previousLoss.toFixed(4)}`;
  return `the training made the network worse: validation loss ${losses} of the one before on the same windows`;
}

/** Windows on their way through the network. */
class WindowPart {
  readonly #network: Network;
  readonly #inputs: Float32Array;
  readonly #inputLength: number;
  readonly #context: Float32Array;
  #windows: { readonly scale: WindowScale; readonly blocks: Float64Array; readonly at: number }[] = [];

  constructor(network: Network) {
    this.#network = network;
    this.#inputLength = network.shape.sequenceLength * network.shape.features;
    this.#inputs = new Float32Array(PART_WINDOWS * this.#inputLength);
    this.#context = new Float32Array(PART_WINDOWS * network.shape.context);
  }

  get isFull(): boolean {
    return this.#windows.length === PART_WINDOWS;
  }

  /** The block of this window shall be written to `blocks` from `at` on; nothing is where it cannot be made. */
  add(series: ChainSeries, origin: number, blocks: Float64Array, at: number): void {
    const { sequenceLength, features, horizon, context } = this.#network.shape;
    const row = this.#windows.length;
    const offset = row * this.#inputLength;
    const scale = writeWindow(series, origin, sequenceLength, features, this.#inputs, offset);
    if (scale === undefined) return;
    writeContext(series, origin, sequenceLength, horizon, scale, this.#context, row * context);
    this.#windows.push({ scale, blocks, at });
  }

  /** Writes the blocks of all that was added. */
  forecast(): void {
    const { horizon, quantiles } = this.#network.shape;
    const length = horizon * quantiles;
    const outputs = this.#network.predict(this.#inputs, this.#context, this.#windows.length);
    this.#windows.forEach(({ scale, blocks, at }, window) => {
      for (let i = 0; i < length; i++) {
        blocks[at + i] = Math.max(0, scale.anchor + scale.scale * outputs[window * length + i]!);
      }
    });
    this.#windows = [];
  }
}
