import type { ServiceSpec } from '../../models/data-models.ts';
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
  #targets: Promise<void> | undefined;
  #usage: Promise<void> | undefined;
  #lookedSeconds = Number.NEGATIVE_INFINITY;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Looks when it is time to, in the background. */
  tick(signal: AbortSignal): void {
    const sinceLast = Math.abs(this.#parts.clock.nowSeconds() - this.#lookedSeconds);
    if (sinceLast >= LOOK_EVERY_SECONDS) void this.look(signal);
  }

  /**
   * Resolves when all is noted that the cluster says now. Readings that are under way are joined; those of use, which may
   * take a while, keep nobody from what runs by now. Never rejects.
   */
  async look(signal?: AbortSignal): Promise<void> {
    this.#targets ??= this.#lookAtTargets(signal).finally(() => {
      this.#targets = undefined;
    });
    await this.#targets;
    this.#usage ??= this.#lookAtUsage(signal).finally(() => {
      this.#usage = undefined;
    });
    await this.#usage;
  }

  async #lookAtTargets(signal: AbortSignal | undefined): Promise<void> {
    const { clock, executor, store, targets } = this.#parts;
    const before = this.#lookedSeconds;
    this.#lookedSeconds = clock.nowSeconds();
    const readings = await executor.readTargets(this.#services, signal);
    if (signal?.aborted) return;
    noteTargets(this.#parts, readings, before);
    const state = targets.drain();
    if (state !== undefined) store.saveState(TARGETS_STATE, Buffer.from(JSON.stringify(state)));
  }

  async #lookAtUsage(signal: AbortSignal | undefined): Promise<void> {
    const usage = await this.#parts.executor.readUsage(this.#services, signal);
    if (!signal?.aborted) this.#noteUsage(usage);
  }

  get #services(): readonly ServiceSpec[] {
    return [...this.#parts.settings.topology.services.values()];
  }

  #noteUsage(samples: readonly UsageSample[]): void {
    for (const sample of samples) this.#parts.usage.note(sample);
    this.#parts.store.saveUsage(samples);
  }
}
