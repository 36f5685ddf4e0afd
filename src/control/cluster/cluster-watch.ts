import type { UsageSample } from '../../models/metrics.ts';
import type { ControlParts } from '../parts.ts';
import { noteTargets } from './note-targets.ts';

/** Time between two looks at what runs and what it uses, s. */
const LOOK_EVERY_SECONDS = 15;

/** Name of what is known of the targets in the store. */
export const TARGETS_STATE = 'targets';

type WatchParts = Pick<
  ControlParts,
  | 'capacities'
  | 'clock'
  | 'executor'
  | 'logger'
  | 'memory'
  | 'profiles'
  | 'settings'
  | 'store'
  | 'targets'
  | 'usage'
>;

/** Keeps capacities, versions and measured use up to date with what the cluster says. */
export class ClusterWatch {
  readonly #parts: WatchParts;
  #looking: Promise<void> | undefined;
  #lookedSeconds = Number.NEGATIVE_INFINITY;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Looks when it is time to, in the background. */
  tick(signal: AbortSignal): void {
    const sinceLast = Math.abs(this.#parts.clock.nowSeconds() - this.#lookedSeconds);
    if (sinceLast >= LOOK_EVERY_SECONDS) void this.look(signal);
  }

  /** Resolves when all is noted that the cluster says now. A look that is under way is joined. Never rejects. */
  look(signal?: AbortSignal): Promise<void> {
    this.#looking ??= this.#look(signal).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(signal: AbortSignal | undefined): Promise<void> {
    const { clock, executor, settings, store, targets } = this.#parts;
    const before = this.#lookedSeconds;
    this.#lookedSeconds = clock.nowSeconds();
    const services = [...settings.topology.services.values()];
    const [readings, usage] = await Promise.all([
      executor.readTargets(services, signal),
      executor.readUsage(services, signal),
    ]);
    if (signal?.aborted) return;
    noteTargets(this.#parts, readings, before);
    this.#noteUsage(usage);
    const state = targets.drain();
    if (state !== undefined) store.saveState(TARGETS_STATE, Buffer.from(JSON.stringify(state)));
  }

  #noteUsage(samples: readonly UsageSample[]): void {
    for (const sample of samples) this.#parts.usage.note(sample);
    this.#parts.store.saveUsage(samples);
  }
}
