import type { UsageSample } from '../../models/metrics.ts';

/** What is told within this long is kept as one: the mean of the CPU use, the largest memory; s. */
const SLOT_SECONDS = 15;

/** Slots kept of one service: two hours. */
const KEPT_SLOTS = 480;

/** Percentile of the working set that memory is planned for: DESIGN section 3, "Shape". */
const WORKING_SET_PERCENTILE = 0.95;

/** Memory of one instance as it was measured, MiB. */
export interface WorkingSet {
  readonly percentile95: number;
  readonly newest: number;
  /** When the newest was told, to 15 s, Unix s. */
  readonly newestSeconds: number;
  /** Time between the oldest and the newest measurement, s. */
  readonly spanSeconds: number;
}

/** Measured use of CPU and memory as it was told, bounded per service. */
export class UsageBook {
  readonly #slots = new Map<string, Slot[]>();
  readonly #latest = new Map<string, UsageSample>();

  restore(samples: Iterable<UsageSample>): void {
    for (const sample of samples) this.note(sample);
  }

  note(sample: UsageSample): void {
    const { service, atSeconds } = sample;
    const startSeconds = Math.floor(atSeconds / SLOT_SECONDS) * SLOT_SECONDS;
    const slots = this.#slots.get(service) ?? [];
    // After the clock was set back the times of later slots are yet to come.
    while (slots.length > 0 && slots.at(-1)!.startSeconds > startSeconds) slots.pop();
    if (slots.at(-1)?.startSeconds !== startSeconds) slots.push(emptySlot(startSeconds));
    if (slots.length > KEPT_SLOTS) slots.shift();
    add(slots.at(-1)!, sample);
    this.#slots.set(service, slots);
    this.#latest.set(service, sample);
  }

  latest(service: string): UsageSample | undefined {
    return this.#latest.get(service);
  }

  /** Mean CPU use in [fromSeconds, toSeconds), cores of all instances together; undefined when nothing was told. */
  meanCpu(service: string, fromSeconds: number, toSeconds: number): number | undefined {
    return this.#mean(service, fromSeconds, toSeconds, ({ cpu }) => cpu);
  }

  /** Mean share of throttled CPU periods in [fromSeconds, toSeconds); undefined when nothing was told. */
  meanThrottled(service: string, fromSeconds: number, toSeconds: number): number | undefined {
    return this.#mean(service, fromSeconds, toSeconds, ({ throttled }) => throttled);
  }

  #mean(
    service: string,
    fromSeconds: number,
    toSeconds: number,
    of: (slot: Slot) => Sum,
  ): number | undefined {
    let sum = 0;
    let count = 0;
    for (const slot of this.#slots.get(service) ?? []) {
      if (slot.startSeconds < fromSeconds || slot.startSeconds >= toSeconds) continue;
      sum += of(slot).sum;
      count += of(slot).count;
    }
    return count === 0 ? undefined : sum / count;
  }

  /** Memory of one instance in [fromSeconds, toSeconds]; undefined when nothing was told. */
  workingSet(service: string, fromSeconds: number, toSeconds: number): WorkingSet | undefined {
    const slots = (this.#slots.get(service) ?? []).filter(
      ({ startSeconds, memory }) =>
        memory !== undefined && startSeconds + SLOT_SECONDS > fromSeconds && startSeconds <= toSeconds,
    );
    const newest = slots.at(-1);
    if (newest === undefined) return undefined;
    const memory = slots.map((slot) => slot.memory!).sort((left, right) => left - right);
    return {
      percentile95: memory[Math.ceil(memory.length * WORKING_SET_PERCENTILE) - 1]!,
      newest: newest.memory!,
      newestSeconds: newest.startSeconds + SLOT_SECONDS,
      spanSeconds: newest.startSeconds - slots[0]!.startSeconds,
    };
  }
}

interface Sum {
  sum: number;
  count: number;
}

interface Slot {
  readonly startSeconds: number;
  readonly cpu: Sum;
  readonly throttled: Sum;
  memory: number | undefined;
}

function emptySlot(startSeconds: number): Slot {
  return { startSeconds, cpu: { sum: 0, count: 0 }, throttled: { sum: 0, count: 0 }, memory: undefined };
}

function add(slot: Slot, { cpu, memory, throttledRatio }: UsageSample): void {
  addTo(slot.cpu, cpu);
  addTo(slot.throttled, throttledRatio);
  if (memory !== undefined) slot.memory = Math.max(slot.memory ?? 0, memory);
}

function addTo(sum: Sum, value: number | undefined): void {
  if (value === undefined) return;
  sum.sum += value;
  sum.count += 1;
}
