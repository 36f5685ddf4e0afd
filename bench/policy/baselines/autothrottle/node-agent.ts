/**
 * One Captain for every service, fed from the cgroups after each CFS period (100 ms), and what a Captain leaves open: the
 * paper's containers can grow to a whole node, ours end at `maxCpu`. So a service whose use comes near that gets another
 * instance, and the Captain holds the quota of all of them together.
 */
import type { PolicyContext } from '../../policy.ts';
import { Captain } from './captain.ts';
import { RecentPeak } from './recent-peak.ts';

export const PERIOD_SECONDS = 0.1;
/** Part of `maxCpu` that the busiest second of the last minutes may have used of each instance. */
const FULL = 0.8;

export class NodeAgent {
  readonly #context: PolicyContext;
  readonly #services: Governed[];

  constructor(context: PolicyContext, target: number) {
    this.#context = context;
    this.#services = context.application.services.map((_, service) => govern(context, service, target));
  }

  /** Wanted ratio of throttled periods from now on. */
  aim(service: number, target: number): void {
    this.#services[service]!.captain.target = target;
  }

  /** Core-seconds that the quotas of all services have added up to so far. */
  get allocatedCoreSeconds(): number {
    return this.#services.reduce((sum, service) => sum + service.allocatedCoreSeconds, 0);
  }

  /** Core-seconds that a service has burned so far. */
  usedCoreSeconds(service: number): number {
    return this.#context.cgroup(service).cpuSeconds;
  }

  step(nowSeconds: number): void {
    for (let service = 0; service < this.#services.length; service++) this.#hold(service, nowSeconds);
  }

  #hold(service: number, nowSeconds: number): void {
    const governed = this.#services[service]!;
    const { actuator, application } = this.#context;
    const known = application.services[service]!;
    const { instances, readyInstances } = actuator.allocation(service);
    const running = Math.max(1, readyInstances);
    const { cpuSeconds, throttledPeriods } = this.#context.cgroup(service);
    const used = (cpuSeconds - governed.cpuSeconds) / PERIOD_SECONDS;
    const throttled = Math.min(1, (throttledPeriods - governed.throttledPeriods) / running);
    governed.cpuSeconds = cpuSeconds;
    governed.throttledPeriods = throttledPeriods;
    governed.allocatedCoreSeconds += governed.written * Math.max(instances, running) * PERIOD_SECONDS;

    const quota = governed.captain.observe(throttled, used, {
      least: known.minCpu * running,
      most: known.maxCpu * running,
    });
    this.#write(service, quota / running);
    const wanted = Math.ceil(governed.peak.observe(used, nowSeconds) / (FULL * known.maxCpu));
    const bounded = Math.min(known.maxInstances, Math.max(known.minInstances, wanted));
    if (bounded !== instances) actuator.scale(service, bounded);
  }

  #write(service: number, quota: number): void {
    const governed = this.#services[service]!;
    if (Math.abs(quota - governed.written) < 1e-5) return;
    governed.written = quota;
    this.#context.actuator.setQuota(service, quota);
  }
}

interface Governed {
  readonly captain: Captain;
  readonly peak: RecentPeak;
  cpuSeconds: number;
  throttledPeriods: number;
  /** Quota of one instance, cores. */
  written: number;
  allocatedCoreSeconds: number;
}

function govern(context: PolicyContext, service: number, target: number): Governed {
  const { cpu, instances } = context.actuator.allocation(service);
  const { cpuSeconds, throttledPeriods } = context.cgroup(service);
  return {
    captain: new Captain(target, cpu * instances),
    peak: new RecentPeak(),
    cpuSeconds,
    throttledPeriods,
    written: cpu,
    allocatedCoreSeconds: 0,
  };
}
