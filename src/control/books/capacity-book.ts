import type { CapacityInForce, ServiceSpec, Topology } from '../../models/data-models.ts';
import type { StoredCapacity } from '../../models/ports.ts';
import { sameAllocation } from '../shapes.ts';

/** Entries kept of one service; a window is asked for within minutes of its end. */
const KEPT_ENTRIES = 64;

/**
 * What each service ran with, and since when: DESIGN section 3, "Capacity in force". Entries come from the cluster,
 * from `POST /services/{service}/applied`, or from recommendations taken for applied; before the first entry the
 * configured `initial` holds. A recommendation that nobody applied never enters this book.
 */
export class CapacityBook {
  readonly #entries = new Map<string, CapacityInForce[]>();
  #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  reconfigure(topology: Topology): void {
    this.#topology = topology;
  }

  /** Takes back what was stored, oldest first. */
  restore(stored: Iterable<StoredCapacity>): void {
    for (const { service, ...capacity } of stored) this.#add(service, capacity);
  }

  /**
   * Notes what a service runs with from now on. Answers the new entry, or undefined when it says nothing new, so that
   * a repeated report does not make a window look changed.
   */
  note(service: string, capacity: CapacityInForce): CapacityInForce | undefined {
    const present = this.inForce(service);
    if (present !== undefined && sameAllocation(present, capacity) && present.source === capacity.source) {
      return undefined;
    }
    this.#add(service, capacity);
    return capacity;
  }

  /** What the service runs with now; undefined for an unknown service. */
  inForce(service: string): CapacityInForce | undefined {
    return this.#entries.get(service)?.at(-1) ?? this.#initial(service);
  }

  /** What the service ran with throughout [fromSeconds, toSeconds]; undefined when it changed in between. */
  throughout(service: string, fromSeconds: number, toSeconds: number): CapacityInForce | undefined {
    const entries = this.#entries.get(service) ?? [];
    const index = entries.findLastIndex((entry) => entry.sinceSeconds <= fromSeconds);
    const following = entries.slice(index + 1).filter((entry) => entry.sinceSeconds < toSeconds);
    const held = entries[index] ?? this.#initial(service);
    if (held === undefined) return undefined;
    return following.every((entry) => sameAllocation(entry, held)) ? held : undefined;
  }

  /** When the allocation of the service last changed; −Infinity when it never did. */
  changedSeconds(service: string): number {
    const entries = this.#entries.get(service) ?? [];
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const before = entries[index - 1] ?? this.#initial(service);
      const entry = entries[index]!;
      if (before === undefined || !sameAllocation(before, entry)) return entry.sinceSeconds;
    }
    return Number.NEGATIVE_INFINITY;
  }

  #add(service: string, capacity: CapacityInForce): void {
    const entries = this.#entries.get(service) ?? [];
    entries.push(capacity);
    if (entries.length > KEPT_ENTRIES) entries.shift();
    this.#entries.set(service, entries);
  }

  #initial(service: string): CapacityInForce | undefined {
    const spec: ServiceSpec | undefined = this.#topology.services.get(service);
    return spec && { ...spec.initial, source: 'initial', sinceSeconds: 0 };
  }
}
