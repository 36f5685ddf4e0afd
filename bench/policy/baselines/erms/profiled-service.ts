import type { KnownService } from '../../policy.ts';
import { fitProfile, type LatencyProfile, type ProfileSample } from './latency-profile.ts';

/** Utilization of the containers, as many as were wanted, by the load of the first minute. */
const FIRST_UTILIZATION = 0.5;
const CPU_STEP = 0.05;
const SAMPLES_KEPT = 240;
/** No container is planned for a workload further beyond those that were seen. */
const FARTHEST = 1.15;

/** A service's container size, and what has been learned of its latency with containers of that size. */
export class ProfiledService {
  readonly known: KnownService;
  #cpu: number;
  #samples: ProfileSample[] = [];

  /** Takes the size at which that many containers are half used by the load of the first minute. */
  constructor(known: KnownService, containers: number, usedCores: number) {
    this.known = known;
    const size = usedCores / (containers * FIRST_UTILIZATION);
    this.#cpu = this.#bounded(Math.ceil(size / CPU_STEP) * CPU_STEP);
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

  /** As many containers as give each a workload that is not far from what is known. */
  within(containers: number, workload: number): number {
    const { smallestWorkload, largestWorkload } = this.profile;
    const most = (FARTHEST * workload) / smallestWorkload;
    return Math.max(workload / (FARTHEST * largestWorkload), Math.min(most, containers));
  }

  /** Doubles the containers, each of which then bears twice the workload. */
  enlarge(): void {
    const before = this.#cpu;
    this.#cpu = this.#bounded(2 * before);
    const factor = this.#cpu / before;
    this.#samples = this.#samples.map((sample) => ({ ...sample, workload: sample.workload * factor }));
  }

  #bounded(cpu: number): number {
    return Math.min(this.known.maxCpu, Math.max(this.known.minCpu, cpu));
  }
}
