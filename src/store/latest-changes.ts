import type { ChangeRecord } from '../models/changes.ts';

/** Most services of which changes are kept. */
const MOST_SERVICES = 10_000;

/** Most changes that are kept: of each service the latest of every sort. */
export const MOST_LATEST_CHANGES = 5 * MOST_SERVICES;

/**
 * Of each service the latest change of every sort: what is under way, what can be undone, and what did not come up must
 * not be forgotten over one that was merely held since.
 */
export class LatestChanges {
  /** By service, oldest first. */
  readonly #ofService = new Map<string, readonly ChangeRecord[]>();

  save(change: ChangeRecord): void {
    const { service, decision } = change;
    const others = (this.#ofService.get(service) ?? []).filter(
      (other) => other.decision !== decision && sortOf(other) !== sortOf(change),
    );
    // The service comes last then: the first is the one that has not been changed for the longest time.
    this.#ofService.delete(service);
    this.#ofService.set(service, [...others, change]);
    for (const first of this.#ofService.keys()) {
      if (this.#ofService.size <= MOST_SERVICES) break;
      this.#ofService.delete(first);
    }
  }

  /** Takes over what was stored, newest first, of services of which nothing is known: what is known is newer. */
  recall(newestFirst: readonly ChangeRecord[]): void {
    const unknown = newestFirst.filter(({ service }) => !this.#ofService.has(service));
    for (const change of unknown.toReversed()) this.save(change);
  }

  /** Those of one service in their order. */
  all(): readonly ChangeRecord[] {
    return [...this.#ofService.values()].flat();
  }
}

/** Refused or held: nothing was written either way. */
function sortOf({ status }: ChangeRecord): string {
  return status === 'refused' || status === 'held' ? 'not-written' : status;
}
