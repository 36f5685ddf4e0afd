import type { UsageSample } from '../../models/metrics.ts';

/** Samples kept of one service: two hours at one each 15 s. */
const KEPT_SAMPLES = 480;

/** Fewer samples of memory say nothing of its 95th percentile. */
const LEAST_MEMORY_SAMPLES = 3;

/** Percentile of the working set that memory is planned for: DESIGN section 3, "Shape". */
const WORKING_SET_PERCENTILE = 0.95;

/** Measured use of CPU and memory as it was told, newest last, bounded per service. */
export class UsageBook {
  readonly #samples = new Map<string, UsageSample[]>();

  restore(samples: Iterable<UsageSample>): void {
    for (const sample of samples) this.note(sample);
  }

  note(sample: UsageSample): void {
    const samples = this.#samples.get(sample.service) ?? [];
    samples.push(sample);
    if (samples.length > KEPT_SAMPLES) samples.shift();
    this.#samples.set(sample.service, samples);
  }

  latest(service: string): UsageSample | undefined {
    return this.#samples.get(service)?.at(-1);
  }

  /** Mean CPU use in [fromSeconds, toSeconds), cores of all instances together; undefined when nothing was told. */
  meanCpu(service: string, fromSeconds: number, toSeconds: number): number | undefined {
    let sum = 0;
    let count = 0;
    for (const sample of this.#samples.get(service) ?? []) {
      if (sample.cpu === undefined || sample.atSeconds < fromSeconds || sample.atSeconds >= toSeconds)
        continue;
      sum += sample.cpu;
      count += 1;
    }
    return count === 0 ? undefined : sum / count;
  }

  /** 95th percentile of the memory of one instance since then, MiB; undefined before there are three samples. */
  workingSet(service: string, sinceSeconds: number): number | undefined {
    const memory = (this.#samples.get(service) ?? [])
      .filter((sample) => sample.atSeconds >= sinceSeconds)
      .flatMap((sample) => (sample.memory === undefined ? [] : [sample.memory]))
      .sort((left, right) => left - right);
    if (memory.length < LEAST_MEMORY_SAMPLES) return undefined;
    return memory[Math.ceil(memory.length * WORKING_SET_PERCENTILE) - 1];
  }
}
