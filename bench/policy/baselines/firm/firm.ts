import { quantileBetween } from '../../../simulator/latency-histogram.ts';
import type { Parameters, Policy, PolicyContext, PolicyFactory, Scrape } from '../../policy.ts';
import { criticalPath } from './critical-path.ts';

const INTERVAL_SECONDS = 30;
/** Between scrapes that a decision looks at; the newest one is up to 17 s old. */
const WINDOW_SECONDS = 30;
const PERCENTILE = 0.95;
/** A chain calls for more from this part of its SLO on, and everything may shrink while all are below the other one. */
const NEAR = 0.8;
const CALM = 0.5;
/** Tail over median of the time in a service from which it is a culprit: FIRM's congestion intensity. */
const CONGESTED = 4;
/** Use of the quota above which nothing shrinks. */
const FULL = 0.85;

/**
 * Like FIRM: when a chain nears its SLO, the services on its critical path whose latency has an unusual tail get more CPU;
 * while all is well, all give a little back. Source: Qiu et al., "FIRM" (OSDI 2020): critical path (3.2), critical
 * instances by variability and congestion intensity, p99 over median (3.3).
 *
 * Simplified: a fixed step where FIRM has a reinforcement learner (3.4) and a threshold where it has a support vector
 * machine; CPU alone of its five resources; an instance is added where the quota cannot grow.
 */
export const firm: PolicyFactory = {
  name: 'firm-like',
  space: { growth: [1.3, 1.6], shrink: [0.97, 0.94, 0.9] },
  create: (context, parameters) => new Firm(context, parameters),
};

class Firm implements Policy {
  readonly name = 'firm-like';
  readonly intervalSeconds = INTERVAL_SECONDS;
  readonly #context: PolicyContext;
  readonly #growth: number;
  readonly #shrink: number;

  constructor(context: PolicyContext, parameters: Parameters) {
    this.#context = context;
    this.#growth = parameters['growth'] ?? 1.3;
    this.#shrink = parameters['shrink'] ?? 0.97;
  }

  step(): void {
    const { metrics, application } = this.#context;
    const newer = metrics.latest();
    const older = newer && metrics.at(newer.atSeconds - WINDOW_SECONDS);
    if (newer === undefined || older === undefined || newer.atSeconds <= older.atSeconds) return;
    const pressures = application.chains.map((_, chain) => this.#pressure(older, newer, chain));
    const culprits = new Set(
      pressures.flatMap((pressure, chain) => (pressure > NEAR ? this.#culprits(older, newer, chain) : [])),
    );
    const calm = pressures.every((pressure) => pressure < CALM);
    for (const service of application.services.keys()) {
      if (culprits.has(service)) this.#scale(service, this.#growth);
      else if (calm && this.#utilization(older, newer, service) < FULL) this.#scale(service, this.#shrink);
    }
  }

  /** p95 over SLO; 0 without requests. */
  #pressure(older: Scrape, newer: Scrape, chain: number): number {
    const { latency } = newer.chains[chain]!;
    const seconds = quantileBetween(older.chains[chain]!.latency, latency, PERCENTILE) ?? 0;
    return seconds / this.#context.application.chains[chain]!.sloSeconds;
  }

  /** The congested services on a chain's critical path; the most congested one if none is so very much. */
  #culprits(older: Scrape, newer: Scrape, chain: number): number[] {
    const quantileOf = (service: number, kind: 'selfLatency' | 'totalLatency', quantile: number) =>
      quantileBetween(
        older.services[service]![kind][chain],
        newer.services[service]![kind][chain]!,
        quantile,
      ) ?? 0;
    const { root } = this.#context.application.chains[chain]!;
    const path = criticalPath(root, (service) => quantileOf(service, 'totalLatency', 0.5));
    const congestion = (service: number) =>
      quantileOf(service, 'selfLatency', 0.99) / Math.max(1e-6, quantileOf(service, 'selfLatency', 0.5));
    const congested = path.filter((service) => congestion(service) > CONGESTED);
    if (congested.length > 0) return congested;
    return [path.reduce((a, b) => (congestion(b) > congestion(a) ? b : a))];
  }

  #utilization(older: Scrape, newer: Scrape, service: number): number {
    const used = newer.services[service]!.cpuSeconds - older.services[service]!.cpuSeconds;
    const { cpu, instances } = this.#context.actuator.allocation(service);
    return used / (newer.atSeconds - older.atSeconds) / (this.#shrink * cpu * instances);
  }

  #scale(service: number, factor: number): void {
    const { actuator, application } = this.#context;
    const { cpu, memory, instances } = actuator.allocation(service);
    const { minCpu, maxCpu } = application.services[service]!;
    if (factor > 1 && cpu >= maxCpu) actuator.scale(service, instances + 1);
    else actuator.resize(service, Math.min(maxCpu, Math.max(minCpu, cpu * factor)), memory);
  }
}
