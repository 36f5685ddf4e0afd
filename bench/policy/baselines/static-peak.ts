/**
 * What a careful operator without an autoscaler does: watches the application with plenty of room, then gives every
 * service a multiple of the largest CPU use that was seen, and never touches it again. Room is plenty when no service
 * uses more than half of what it has.
 */
import type { KnownService, Parameters, Policy, PolicyContext, PolicyFactory } from '../policy.ts';
import { scrapesOver, serviceCores } from './usage.ts';

const STEP_SECONDS = 15;
/** CPU use is averaged over that time, s. */
const WINDOW_SECONDS = 60;
/** While it is being watched a service that uses more of its CPU than that gets twice the instances. */
const PLENTY_UTILIZATION = 0.5;
const DEFAULTS = { factor: 1.5 };

export const staticPeak: PolicyFactory = {
  name: 'static-peak',
  space: {
    /** Cores given for each core of the largest use in 60 s. */
    factor: [DEFAULTS.factor, 1.25, 1.1, 2, 2.5, 3, 4],
  },
  create: (context, parameters) => createStaticPeak(context, parameters),
};

function createStaticPeak(context: PolicyContext, parameters: Parameters): Policy {
  const { factor } = { ...DEFAULTS, ...parameters };
  const services = context.application.services.map((_, service) => new WatchedService(context, service));
  let fixed = false;
  return {
    name: staticPeak.name,
    intervalSeconds: STEP_SECONDS,
    step(nowSeconds) {
      if (fixed) return;
      for (const service of services) service.watch();
      fixed = nowSeconds >= context.tuneSeconds;
      if (fixed) for (const service of services) service.fix(factor);
    },
  };
}

class WatchedService {
  readonly #context: PolicyContext;
  readonly #service: number;
  readonly #known: KnownService;
  #peakCores = 0;

  constructor(context: PolicyContext, service: number) {
    this.#context = context;
    this.#service = service;
    this.#known = context.application.services[service]!;
  }

  watch(): void {
    const pair = scrapesOver(this.#context.metrics, WINDOW_SECONDS);
    if (pair === undefined) return;
    const cores = serviceCores(pair, this.#service);
    this.#peakCores = Math.max(this.#peakCores, cores);
    const { actuator } = this.#context;
    const { cpu, instances } = actuator.allocation(this.#service);
    if (cores <= PLENTY_UTILIZATION * cpu * instances) return;
    const more = Math.min(2 * instances, this.#known.maxInstances);
    if (more > instances) actuator.scale(this.#service, more);
  }

  /** As few instances as can have it, each the same. */
  fix(factor: number): void {
    if (this.#peakCores === 0) return;
    const { maxCpu, minCpu, minInstances, maxInstances } = this.#known;
    const cores = factor * this.#peakCores;
    const instances = clamp(Math.ceil(cores / maxCpu), minInstances, maxInstances);
    const { actuator } = this.#context;
    const { memory } = actuator.allocation(this.#service);
    actuator.roll(this.#service, clamp(cores / instances, minCpu, maxCpu), memory, instances);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
