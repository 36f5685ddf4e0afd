import type { KnownService } from '../../policy.ts';
import { fitProfile, type LatencyProfile, type ProfileSample } from './latency-profile.ts';

/** Load that the containers must be able to grow to, over that of the first minute, at this utilization. */
const GROWTH = 2.5;
const FULL = 0.6;
const CPU_STEP = 0.05;
const SAMPLES_KEPT = 240;
/** No container is planned for a workload further beyond the largest one seen. */
const FARTHEST = 1.15;

/** A service's container size, and what has been learned of its latency with containers of that size. */
export class ProfiledService {
  readonly known: KnownService;
  #cpu: number;
  #samples: ProfileSample[] = [];

  constructor(known: KnownService, containerCpu: number, usedCores: number) {
    this.known = known;
    const needed = (GROWTH * usedCores) / (FULL * known.maxInstances);
    this.#cpu = this.#bounded(Math.max(containerCpu, Math.ceil(needed / CPU_STEP) * CPU_STEP));
  }

  /** Cores of one container. */
  get cpu(): number {
    return this.#cpu;
  }

  get isProfiled(): boolean {
    return this.#samples.length > 0;
  }

  learn(sample: ProfileSample): void {
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
  }

  get profile(): LatencyProfile {
    return fitProfile(this.#samples);
  }

  /** Containers for that many of them and no more workload for each than is known, within the bounds. */
  bounded(containers: number, workload: number): number {
    const least = this.isProfiled ? workload / (FARTHEST * this.profile.largestWorkload) : 1;
    const { minInstances, maxInstances } = this.known;
    return Math.min(maxInstances, Math.max(minInstances, Math.ceil(Math.max(containers, least, 1))));
  }

  /** Doubles the containers, each of which then bears twice the workload; false when they are as large as may be. */
  enlarge(): boolean {
    const before = this.#cpu;
    this.#cpu = this.#bounded(2 * before);
    const factor = this.#cpu / before;
    this.#samples = this.#samples.map((sample) => ({ ...sample, workload: sample.workload * factor }));
    return factor > 1;
  }

  #bounded(cpu: number): number {
    return Math.min(this.known.maxCpu, Math.max(this.known.minCpu, cpu));
  }
}
