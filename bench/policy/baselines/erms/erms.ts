import type { Parameters, Policy, PolicyContext, PolicyFactory, Scrape } from '../../policy.ts';
import { containersFor, latencyTargets, type VisitedService } from './latency-targets.ts';
import { ProfiledService } from './profiled-service.ts';
import { isNearSlo, selfLatencySeconds, usedCores, visitRate } from './service-windows.ts';

const INTERVAL_SECONDS = 60;
/** Windows begin this long after a change: writing, starting, and what had piled up. */
const SETTLING_SECONDS = 25;
/** Utilizations that profiling goes through, and the part of an SLO at which it stops going further. */
const PROFILED_UTILIZATIONS = [0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85];
const NEAR_SLO = 0.8;

/**
 * Erms: each chain's SLO is divided among its services by their latency profiles, a shared service takes its smallest
 * target, and each service runs as many containers of a fixed size as hold its target. Source: Luo et al., "Erms:
 * Efficient Resource Management for Shared Microservices with SLA Guarantees" (ASPLOS 2023) and its artifact.
 *
 * Simplified: the offline profiling is a walk through rising utilizations at the beginning of the run, ended when a chain
 * nears its SLO, and goes on with what is met later; no interference; priorities at shared services are left out.
 */
export const erms: PolicyFactory = {
  name: 'erms',
  space: { containers: [3, 4, 2], sloFactor: [1, 1.25, 0.8] },
  create: (context, parameters) => new Erms(context, parameters),
};

class Erms implements Policy {
  readonly name = 'erms';
  readonly intervalSeconds = INTERVAL_SECONDS;
  readonly #context: PolicyContext;
  readonly #parameters: Parameters;
  #services: readonly ProfiledService[] | undefined;
  #level = 0;
  #changedSeconds = 0;

  constructor(context: PolicyContext, parameters: Parameters) {
    this.#context = context;
    this.#parameters = parameters;
  }

  step(nowSeconds: number): void {
    const { metrics } = this.#context;
    const newer = metrics.latest();
    const older = metrics.at(this.#changedSeconds + SETTLING_SECONDS);
    if (newer === undefined || older === undefined || newer.atSeconds <= older.atSeconds) return;
    this.#services ??= this.#sized(older, newer);
    this.#learn(this.#services, older, newer);
    if (this.#isProfiling(nowSeconds, older, newer)) this.#walk(this.#services, older, newer);
    else this.#scale(this.#services, older, newer);
    this.#changedSeconds = nowSeconds;
  }

  #sized(older: Scrape, newer: Scrape): ProfiledService[] {
    const containers = this.#parameters['containers'] ?? 3;
    return this.#context.application.services.map(
      (known, service) => new ProfiledService(known, containers, usedCores(older, newer, service)),
    );
  }

  #learn(services: readonly ProfiledService[], older: Scrape, newer: Scrape): void {
    for (const [service, profiled] of services.entries()) {
      const { cpu, readyInstances } = this.#context.actuator.allocation(service);
      const latencySeconds = selfLatencySeconds(older, newer, service);
      const workload = this.#workload(service, older, newer) / Math.max(1, readyInstances);
      if (cpu !== profiled.cpu || latencySeconds === undefined || workload <= 0) continue;
      profiled.learn({ workload, latencySeconds });
    }
  }

  #isProfiling(nowSeconds: number, older: Scrape, newer: Scrape): boolean {
    const { application, tuneSeconds } = this.#context;
    if (this.#level >= PROFILED_UTILIZATIONS.length || nowSeconds >= tuneSeconds) return false;
    const near = application.chains.some((chain, i) =>
      isNearSlo(older, newer, i, NEAR_SLO * chain.sloSeconds),
    );
    if (near && this.#level > 0) this.#level = PROFILED_UTILIZATIONS.length;
    return this.#level < PROFILED_UTILIZATIONS.length;
  }

  #walk(services: readonly ProfiledService[], older: Scrape, newer: Scrape): void {
    const utilization = PROFILED_UTILIZATIONS[this.#level++]!;
    for (const [service, profiled] of services.entries()) {
      this.#apply(service, profiled, usedCores(older, newer, service) / (profiled.cpu * utilization));
    }
  }

  #scale(services: readonly ProfiledService[], older: Scrape, newer: Scrape): void {
    const targets = this.#targets(services, older, newer);
    for (const [service, profiled] of services.entries()) {
      const target = targets.get(service);
      if (target === undefined) continue;
      const workload = this.#workload(service, older, newer);
      const containers = () => profiled.within(containersFor(profiled.profile, workload, target), workload);
      if (containers() > profiled.known.maxInstances) profiled.enlarge();
      this.#apply(service, profiled, containers());
    }
  }

  /** By service: the smallest target of all chains, s. */
  #targets(services: readonly ProfiledService[], older: Scrape, newer: Scrape): Map<number, number> {
    const smallest = new Map<number, number>();
    const factor = this.#parameters['sloFactor'] ?? 1;
    for (const [chain, { root, sloSeconds }] of this.#context.application.chains.entries()) {
      const visited = new Map<number, VisitedService>();
      for (const [service, { profile, cpu }] of profiledOf(services)) {
        visited.set(service, { profile, workload: visitRate(older, newer, service, chain), resource: cpu });
      }
      if (!isKnown(root, visited)) continue;
      for (const [service, target] of latencyTargets(root, visited, factor * sloSeconds)) {
        smallest.set(service, Math.min(smallest.get(service) ?? Infinity, target));
      }
    }
    return smallest;
  }

  #apply(service: number, { cpu, known }: ProfiledService, containers: number): void {
    const { actuator } = this.#context;
    const instances = Math.min(known.maxInstances, Math.max(known.minInstances, 1, Math.ceil(containers)));
    const present = actuator.allocation(service);
    if (present.cpu !== cpu) actuator.roll(service, cpu, present.memory, instances);
    else if (present.instances !== instances) actuator.scale(service, instances);
  }

  #workload(service: number, older: Scrape, newer: Scrape): number {
    return this.#context.application.chains.reduce(
      (sum, _, chain) => sum + visitRate(older, newer, service, chain),
      0,
    );
  }
}

function profiledOf(services: readonly ProfiledService[]): [number, ProfiledService][] {
  return [...services.entries()].filter(([, { isProfiled }]) => isProfiled);
}

function isKnown(
  call: PolicyContext['application']['chains'][number]['root'],
  visited: ReadonlyMap<number, VisitedService>,
): boolean {
  return visited.has(call.service) && call.stages.flat().every((child) => isKnown(child, visited));
}
