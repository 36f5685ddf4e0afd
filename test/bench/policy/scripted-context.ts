import type {
  Actuator,
  KnownApplication,
  KnownCall,
  KnownChain,
  KnownService,
  PolicyContext,
  Scrape,
} from '../../../bench/policy/policy.ts';
import { latencyBucket } from '../../../bench/simulator/latency-histogram.ts';
import { histogram, ScriptedService } from './scripted-service.ts';

export type Write =
  | {
      readonly kind: 'resize' | 'setTemplate';
      readonly service: number;
      readonly cpu: number;
      readonly memory: number;
    }
  | { readonly kind: 'setQuota'; readonly service: number; readonly cpu: number }
  | { readonly kind: 'scale'; readonly service: number; readonly instances: number }
  | {
      readonly kind: 'roll';
      readonly service: number;
      readonly cpu: number;
      readonly memory: number;
      readonly instances: number;
    }
  | { readonly kind: 'evict'; readonly service: number; readonly instance: number };

export interface Script {
  /** Bounds that are not given are those of the benchmark's applications: 0.1–4 cores, 128–8192 MiB, 1–10 instances. */
  readonly services?: readonly Partial<KnownService>[];
  readonly chains?: readonly KnownChain[];
  readonly tuneSeconds?: number;
  readonly random?: () => number;
  /** From a scrape until it can be read, s. */
  readonly scrapeDelay?: number;
}

/** A chain that visits the services one after the other, each called by the one before. */
export function lineChain(services: readonly number[], sloSeconds: number, name = 'line'): KnownChain {
  const [last, ...before] = services.toReversed();
  const root = before.reduce<KnownCall>((call, service) => ({ service, stages: [[call]] }), {
    service: last!,
    stages: [],
  });
  return { name, root, sloSeconds };
}

/**
 * A cluster that does what the test tells it: the test burns CPU, lets visits end and takes scrapes; the policy's
 * writes are recorded and take effect at once, unless `obedient` is false. Every service begins with one ready
 * instance at its upper bounds.
 */
export class ScriptedCluster {
  readonly writes: Write[] = [];
  readonly context: PolicyContext;
  nowSeconds = 0;
  obedient = true;
  readonly #services: ScriptedService[];
  readonly #chains: ScriptedChain[];
  readonly #scrapes: Scrape[] = [];
  readonly #delay: number;

  constructor(script: Script = {}) {
    const application = applicationOf(script);
    this.#delay = script.scrapeDelay ?? 0;
    this.#services = application.services.map(
      (known) => new ScriptedService(known, application.chains.length),
    );
    this.#chains = application.chains.map(() => ({ requests: 0, failedRequests: 0, latency: histogram() }));
    this.context = {
      application,
      metrics: {
        latest: () => this.#at(this.nowSeconds),
        at: (seconds) => this.#at(seconds),
      },
      cgroup: (service) => this.#services[service]!.cgroup(),
      actuator: this.#actuator(),
      tuneSeconds: script.tuneSeconds ?? 0,
      random: script.random ?? (() => 0.5),
    };
  }

  service(service: number): ScriptedService {
    return this.#services[service]!;
  }

  /** `count` requests of a chain are answered, all after that time. */
  answer(chain: number, latencySeconds: number, count = 1): void {
    const scripted = this.#chains[chain]!;
    scripted.requests += count;
    scripted.latency[latencyBucket(latencySeconds)]! += count;
  }

  /** Goes to that time and takes a scrape of the cluster as it is. */
  scrape(atSeconds: number): void {
    this.nowSeconds = atSeconds;
    this.#scrapes.push({
      atSeconds,
      services: this.#services.map((service) => service.scrape()),
      chains: this.#chains.map((chain) => ({ ...chain, latency: chain.latency.slice() })),
    });
  }

  #at(seconds: number): Scrape | undefined {
    const known = Math.min(seconds, this.nowSeconds - this.#delay);
    return this.#scrapes.findLast((scrape) => scrape.atSeconds <= known);
  }

  #actuator(): Actuator {
    const write = (entry: Write, effect: (service: ScriptedService) => void) => {
      this.writes.push(entry);
      if (this.obedient) effect(this.#services[entry.service]!);
    };
    return {
      allocation: (service) => this.#services[service]!.allocation(),
      resize: (service, cpu, memory) =>
        write({ kind: 'resize', service, cpu, memory }, (it) => it.resize(cpu, memory)),
      setQuota: (service, cpu) =>
        write({ kind: 'setQuota', service, cpu }, (it) => it.resize(cpu, it.template.memory)),
      scale: (service, instances) =>
        write({ kind: 'scale', service, instances }, (it) => it.scale(instances, this.nowSeconds)),
      roll: (service, cpu, memory, instances) =>
        write({ kind: 'roll', service, cpu, memory, instances }, (it) => {
          it.template = { cpu, memory };
          it.scale(0, this.nowSeconds);
          it.scale(instances, this.nowSeconds);
        }),
      setTemplate: (service, cpu, memory) =>
        write({ kind: 'setTemplate', service, cpu, memory }, (it) => {
          it.template = { cpu, memory };
        }),
      evict: (service, instance) =>
        write({ kind: 'evict', service, instance }, (it) => it.evict(instance, this.nowSeconds)),
    };
  }
}

interface ScriptedChain {
  requests: number;
  failedRequests: number;
  latency: Uint32Array;
}

function applicationOf(script: Script): KnownApplication {
  const services = (script.services ?? [{}]).map((given, index) => ({
    name: `service-${index}`,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
    ...given,
  }));
  const everything = lineChain(
    services.map((_, index) => index),
    0.2,
  );
  return { name: 'scripted', services, chains: script.chains ?? [everything] };
}
