import { messageOf } from '../models/errors.ts';
import type { ControlParts } from './parts.ts';

/** Name of the trained network in the store. */
export const NETWORK_STATE = 'network';

/** Another try after a training that found too little history or failed, s; doubles with each failure in a row. */
const RETRY_SECONDS = 300;

type TrainingParts = Pick<ControlParts, 'clock' | 'logger' | 'predictor' | 'series' | 'settings' | 'store'>;

/** Trains the network when it is due, beside everything else, and stores what came of it. */
export class TrainingSchedule {
  readonly #parts: TrainingParts;
  #dueSeconds = 0;
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(parts: TrainingParts) {
    this.#parts = parts;
  }

  /** Starts a training when its time has come and none is under way. */
  tick(signal: AbortSignal): void {
    const now = this.#parts.clock.nowSeconds();
    const { retrainInterval } = this.#parts.settings.prediction;
    // After the clock was set back the due time may lie far ahead.
    const due = Math.min(this.#dueSeconds, now + retrainInterval);
    this.#dueSeconds = due;
    if (this.#running !== undefined || now < due) return;
    this.#running = this.#train(signal)
      .catch((error: unknown) => this.#noteFailure(error))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when no training is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #train(signal: AbortSignal): Promise<void> {
    const { clock, logger, predictor, series, settings, store } = this.#parts;
    const outcome = await predictor.train(series.series(), signal);
    if (outcome.kind === 'failed') {
      logger.warn({ ...outcome, ...this.#retryLater() }, 'training failed; what spoke before still speaks');
      return;
    }
    this.#failures = 0;
    const trained = outcome.kind === 'trained';
    this.#dueSeconds = clock.nowSeconds() + (trained ? settings.prediction.retrainInterval : RETRY_SECONDS);
    if (!trained) return;
    const saved = predictor.save();
    if (saved !== undefined) store.saveState(NETWORK_STATE, saved);
    logger.info(outcome, 'network trained');
  }

  /** Nobody waits for a training: what goes wrong in it ends here. */
  #noteFailure(error: unknown): void {
    const said = { error: messageOf(error), ...this.#retryLater() };
    this.#parts.logger.error(said, 'training failed; what spoke before still speaks');
  }

  #retryLater(): { readonly retryInSeconds: number } {
    const { clock, settings } = this.#parts;
    const retryInSeconds = Math.min(settings.prediction.retrainInterval, RETRY_SECONDS * 2 ** this.#failures);
    this.#failures += 1;
    this.#dueSeconds = clock.nowSeconds() + retryInSeconds;
    return { retryInSeconds };
  }
}
