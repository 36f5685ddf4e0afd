import type { SeriesWindowRow } from '../models/metrics.ts';
import type { ControlParts } from './parts.ts';

/** What the names of stored profiles begin with. */
export const PROFILES = 'profiles/';
/** Name of the time up to which all windows are in the stored profiles, Unix s as text. */
export const LEARNED_UNTIL = 'learned-until';
/** Profiles written at once: with few services all of them, with thousands a little of the disk's time. */
const PROFILES_AT_ONCE = 64;

/** Time between two deletions of what is older than the retention, s. */
const PRUNE_EVERY_SECONDS = 3600;

type RecorderParts = Pick<ControlParts, 'clock' | 'memory' | 'profiles' | 'settings' | 'store' | 'traffic'>;

/** Writes what has arrived to the store, so that at most one flush interval is lost. */
export class Recorder {
  readonly #parts: RecorderParts;
  #prunedSeconds = Number.NEGATIVE_INFINITY;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Writes the windows that changed, and what could not be written before. */
  flush(): void {
    const { store, traffic } = this.#parts;
    store.retry();
    const changed = traffic.drain();
    this.#noteLate(changed);
    store.saveWindows(changed);
  }

  /**
   * Writes some of the profiles that have learned since they were last written, and up to when all have: a restart
   * learns the windows after that time again, from those that are stored themselves. While the disk takes nothing they
   * are left where they are.
   */
  saveProfiles(): boolean {
    const { memory, profiles, store } = this.#parts;
    if (store.failing) return false;
    const drained = profiles.drain(PROFILES_AT_ONCE);
    if (drained.length === 0) return false;
    const until = Math.min(
      memory.learnedUntil,
      memory.lateWindows.sinceSeconds,
      profiles.unsavedSinceSeconds,
    );
    const states = drained.map(({ name, value }) => ({ name: PROFILES + name, value }));
    store.saveStates([...states, { name: LEARNED_UNTIL, value: Buffer.from(`${until}`) }]);
    return true;
  }

  /** Writes all that is not written yet. */
  close(): void {
    this.flush();
    while (this.saveProfiles());
  }

  /** Deletes what is older than the retention, once an hour. */
  prune(): void {
    const { clock, settings, store } = this.#parts;
    const now = clock.nowSeconds();
    if (Math.abs(now - this.#prunedSeconds) < PRUNE_EVERY_SECONDS) return;
    this.#prunedSeconds = now;
    store.prune(now - settings.monitoring.windowSize, now - settings.store.retention);
  }

  /** Records that came late have changed windows that were learned from: they are to be learned once more. */
  #noteLate(changed: readonly SeriesWindowRow[]): void {
    const { learnedUntil, lateWindows } = this.#parts.memory;
    for (const { startSeconds } of changed) if (startSeconds < learnedUntil) lateWindows.note(startSeconds);
  }
}
