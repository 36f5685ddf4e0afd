import { messageOf } from '../models/errors.ts';
import type { SeriesWindowRow } from '../models/metrics.ts';
import type { ControlParts } from './parts.ts';

/** Name of the profiles in the store. */
export const PROFILES_STATE = 'profiles';

/** Rows kept for another try while the disk does not take them. */
const MOST_PENDING = 200_000;

/** Profiles keep windows of up to this long ago, s; the monitor's own rows are pruned with the monitoring window. */
const PRUNE_EVERY_SECONDS = 3600;

type RecorderParts = Pick<
  ControlParts,
  'clock' | 'logger' | 'memory' | 'profiles' | 'series' | 'settings' | 'store' | 'traffic'
>;

/** Writes what has arrived to the store, so that at most one flush interval is lost. */
export class Recorder {
  readonly #parts: RecorderParts;
  #pending: SeriesWindowRow[] = [];
  #failing = false;
  #prunedSeconds = Number.NEGATIVE_INFINITY;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Writes the windows that changed. What cannot be written is kept and tried again with the next call. */
  flush(): void {
    const changed = this.#parts.traffic.drain();
    this.#learnAgain(changed);
    const rows = [...this.#pending, ...changed];
    if (rows.length === 0) return;
    this.#attempt('windows', () => {
      this.#pending = rows.slice(-MOST_PENDING);
      this.#parts.store.saveWindows(rows);
      this.#pending = [];
    });
  }

  /** Writes the profiles and how far they have learned. */
  saveProfiles(): void {
    const { memory, profiles, store } = this.#parts;
    const state = { learnedUntil: memory.learnedUntil, profiles: profiles.save() };
    this.#attempt('profiles', () => store.saveState(PROFILES_STATE, Buffer.from(JSON.stringify(state))));
  }

  /** Deletes what is older than the retention, once an hour. */
  prune(): void {
    const { clock, settings, store } = this.#parts;
    const now = clock.nowSeconds();
    if (Math.abs(now - this.#prunedSeconds) < PRUNE_EVERY_SECONDS) return;
    this.#prunedSeconds = now;
    this.#attempt('old history', () =>
      store.prune(now - settings.monitoring.windowSize, now - settings.store.retention),
    );
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Records that came late have changed windows that were learned from: they are to be learned once more. */
  #learnAgain(changed: readonly SeriesWindowRow[]): void {
    const { memory, series } = this.#parts;
    const earliest = changed.reduce((least, { startSeconds }) => Math.min(least, startSeconds), Infinity);
    memory.learnedUntil = Math.min(memory.learnedUntil, earliest);
    series.rewind(earliest);
  }

  #attempt(what: string, write: () => void): void {
    try {
      write();
      if (this.#failing) this.#parts.logger.info({}, 'history can be written again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#parts.logger.error({ error: messageOf(error), what }, 'history cannot be written');
      this.#failing = true;
    }
  }
}
