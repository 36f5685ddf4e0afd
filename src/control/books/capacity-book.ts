import type { CapacityInForce, ServiceSpec, Topology } from '../../models/data-models.ts';
import type { StoredCapacity } from '../../models/history.ts';
import { sameAllocation } from '../shapes.ts';

/** Entries kept of one service; a window is asked for within minutes of its end. */
const KEPT_ENTRIES = 64;

/** A change that is noticed now may have begun this long ago, s; what was not looked at for longer is not doubted. */
const LONGEST_UNSEEN_SECONDS = 60;

/** Instances that are not all up after this long are no change that goes on, but how things are, s. */
const LONGEST_CHANGE_SECONDS = 300;

/** Changes in place by less than this factor are no event: what was measured before and after them is comparable. */
export const SMALL_CHANGE = 1.2;

interface Span {
  readonly fromSeconds: number;
  toSeconds: number;
}

/**
 * What each service ran with, and since when: DESIGN section 3, "Capacity in force". Entries come from the cluster,
 * from `POST /services/{service}/applied`, or from recommendations taken for applied; before the first entry the
 * configured `initial` holds. A recommendation that nobody applied never enters this book.
 */
export class CapacityBook {
  readonly #entries = new Map<string, CapacityInForce[]>();
  /** Services of which it is not known, or not any more, what held before the entries that are kept. */
  readonly #dropped = new Set<string>();
  readonly #specs: Map<string, ServiceSpec>;
  /** Times in which instances of an old and of a new allocation ran side by side, oldest first. */
  readonly #unsettled = new Map<string, Span[]>();
  /** When the cluster last said what a service runs with. */
  readonly #seenSeconds = new Map<string, number>();

  constructor(topology: Topology) {
    this.#specs = new Map(topology.services);
  }

  /** Services that are no longer configured are still known: a pass under way may be about them. */
  reconfigure(topology: Topology): void {
    for (const [id, spec] of topology.services) this.#specs.set(id, spec);
  }

  /** Takes back what was stored, in the order in which it was noted. */
  restore(stored: Iterable<StoredCapacity>): void {
    for (const { service, ...capacity } of stored) this.#add(service, capacity);
  }

  /**
   * Notes what a service runs with from now on. Answers the new entry, or undefined when it says nothing new, so that
   * a repeated report does not make a window look changed.
   */
  note(service: string, capacity: CapacityInForce): CapacityInForce | undefined {
    const present = this.inForce(service);
    if (present !== undefined && sameCapacity(present, capacity) && present.source === capacity.source)
      return undefined;
    this.#add(service, capacity);
    return capacity;
  }

  /** The clock was set back: what is in force now has been so since now at the latest. */
  goBackTo(nowSeconds: number): void {
    for (const spans of this.#unsettled.values())
      while (spans.length > 0 && spans.at(-1)!.toSeconds > nowSeconds) spans.pop();
    for (const [service, seen] of this.#seenSeconds)
      if (seen > nowSeconds) this.#seenSeconds.set(service, nowSeconds);
    for (const entries of this.#entries.values()) bringForward(entries, nowSeconds);
  }

  /** What the service runs with now; undefined for an unknown service. */
  inForce(service: string): CapacityInForce | undefined {
    return this.#entries.get(service)?.at(-1) ?? this.#initial(service);
  }

  /** In [fromSeconds, toSeconds] instances were being replaced: no single capacity held, and nothing is learned from it. */
  unsettle(service: string, fromSeconds: number, toSeconds: number): void {
    this.#addUnsettled(service, Math.max(fromSeconds, toSeconds - LONGEST_UNSEEN_SECONDS), toSeconds);
  }

  /**
   * What the cluster says, before it is noted. Where it is another capacity than the one in force nobody saw the change,
   * however long ago it was looked at: nothing is learned from the time in between.
   */
  see(service: string, capacity: CapacityInForce): void {
    const { sinceSeconds: now } = capacity;
    const present = this.inForce(service);
    if (present?.source === 'cluster' && !this.#isSmall(service, present, capacity))
      this.#addUnsettled(service, this.#seenSeconds.get(service) ?? present.sinceSeconds, now);
    this.#seenSeconds.set(service, now);
  }

  #addUnsettled(service: string, fromSeconds: number, toSeconds: number): void {
    const spans = this.#unsettled.get(service) ?? [];
    const last = spans.at(-1);
    // After the clock was set back the present is before what was noted.
    const from = Math.min(toSeconds, fromSeconds);
    if (last !== undefined && from <= last.toSeconds && from >= last.fromSeconds) last.toSeconds = toSeconds;
    else spans.push({ fromSeconds: from, toSeconds });
    if (spans.length > KEPT_ENTRIES) spans.shift();
    this.#unsettled.set(service, spans);
  }

  /** What the service ran with throughout [fromSeconds, toSeconds]; undefined when it changed in between, or is forgotten. */
  throughout(service: string, fromSeconds: number, toSeconds: number): CapacityInForce | undefined {
    const spans = this.#unsettled.get(service) ?? [];
    if (spans.some((span) => span.fromSeconds < toSeconds && span.toSeconds > fromSeconds)) return undefined;
    const entries = this.#entries.get(service) ?? [];
    const index = entries.findLastIndex((entry) => entry.sinceSeconds <= fromSeconds);
    const following = entries.slice(index + 1).filter((entry) => entry.sinceSeconds < toSeconds);
    const held = entries[index] ?? this.#before(service);
    if (held === undefined || this.#isUnseen(service, held, toSeconds)) return undefined;
    if (following.every((entry) => sameCapacity(entry, held))) return held;
    if (!following.every((entry) => this.#isSmall(service, entry, held))) return undefined;
    return meanCapacity([held, ...following], fromSeconds, toSeconds);
  }

  /** Its mean cores over [fromSeconds, toSeconds], however it changed; undefined when it is not known for all of it. */
  meanOver(service: string, fromSeconds: number, toSeconds: number): CapacityInForce | undefined {
    const entries = this.#entries.get(service) ?? [];
    const index = entries.findLastIndex((entry) => entry.sinceSeconds <= fromSeconds);
    const held = entries[index] ?? this.#before(service);
    if (held === undefined) return undefined;
    const following = entries.slice(index + 1).filter((entry) => entry.sinceSeconds < toSeconds);
    return meanCapacity([held, ...following], fromSeconds, toSeconds);
  }

  /** Whether the service may go from one to the other without that being an event. */
  #isSmall(service: string, left: CapacityInForce, right: CapacityInForce): boolean {
    if (sameCapacity(left, right)) return true;
    if (this.#specs.get(service)?.mode !== 'in-place' || left.instances !== right.instances) return false;
    const factor = (left.cpuLimit ?? left.cpu) / (right.cpuLimit ?? right.cpu);
    return factor < SMALL_CHANGE && factor > 1 / SMALL_CHANGE;
  }

  /** The configured `initial` has turned out to be wrong: what held before the first entry is not known. */
  voidInitial(service: string): void {
    this.#dropped.add(service);
  }

  /** When the allocation of the service last changed, or had been changed on all instances; −Infinity when it never did. */
  changedSeconds(service: string): number {
    return Math.max(this.#settledSeconds(service), this.#notedSeconds(service));
  }

  #settledSeconds(service: string): number {
    const { fromSeconds, toSeconds } = this.#unsettled.get(service)?.at(-1) ?? {};
    if (fromSeconds === undefined || toSeconds === undefined) return Number.NEGATIVE_INFINITY;
    return Math.min(toSeconds, fromSeconds + LONGEST_CHANGE_SECONDS);
  }

  /** The cluster was asked, and has not answered for so long that another capacity may run by then. */
  #isUnseen(service: string, { source }: CapacityInForce, atSeconds: number): boolean {
    const seen = this.#seenSeconds.get(service);
    return source === 'cluster' && seen !== undefined && atSeconds - seen > LONGEST_UNSEEN_SECONDS;
  }

  #notedSeconds(service: string): number {
    const entries = this.#entries.get(service) ?? [];
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const before = entries[index - 1] ?? this.#before(service);
      const entry = entries[index]!;
      if (before === undefined || !this.#isSmall(service, before, entries.at(-1)!)) return entry.sinceSeconds;
    }
    return Number.NEGATIVE_INFINITY;
  }

  #add(service: string, capacity: CapacityInForce): void {
    const entries = this.#entries.get(service) ?? [];
    bringForward(entries, capacity.sinceSeconds);
    entries.push(capacity);
    if (entries.length > KEPT_ENTRIES) {
      entries.shift();
      this.#dropped.add(service);
    }
    this.#entries.set(service, entries);
  }

  /** What the service ran with before the entries that are kept. */
  #before(service: string): CapacityInForce | undefined {
    return this.#dropped.has(service) ? undefined : this.#initial(service);
  }

  #initial(service: string): CapacityInForce | undefined {
    const spec = this.#specs.get(service);
    return spec && { ...spec.initial, source: 'initial', sinceSeconds: 0 };
  }
}

/** Mean over [fromSeconds, toSeconds] of cores and limits; memory and the rest as they were at first. */
function meanCapacity(
  entries: readonly CapacityInForce[],
  fromSeconds: number,
  toSeconds: number,
): CapacityInForce {
  const [held] = entries;
  const mean = (value: (entry: CapacityInForce) => number) =>
    entries.reduce((sum, entry, index) => {
      const from = Math.max(fromSeconds, entry.sinceSeconds);
      const to = Math.min(toSeconds, entries[index + 1]?.sinceSeconds ?? toSeconds);
      return sum + value(entry) * (to - from);
    }, 0) /
    (toSeconds - fromSeconds);
  const limit =
    held!.cpuLimit === undefined ? {} : { cpuLimit: mean(({ cpuLimit, cpu }) => cpuLimit ?? cpu) };
  // Of instances there may have been more or fewer: cores of all count as those of the first number of them.
  const cpu = mean((entry) => (entry.cpu * entry.instances) / Math.max(1, held!.instances));
  return { ...held!, cpu, ...limit };
}

function sameCapacity(left: CapacityInForce, right: CapacityInForce): boolean {
  return sameAllocation(left, right) && left.cpuLimit === right.cpuLimit;
}

/** Nothing began later than what came after it: entries of a clock that was set back since begin with the next one. */
function bringForward(entries: CapacityInForce[], untilSeconds: number): void {
  for (let index = entries.length - 1; index >= 0 && entries[index]!.sinceSeconds > untilSeconds; index -= 1)
    entries[index] = { ...entries[index]!, sinceSeconds: untilSeconds };
}
