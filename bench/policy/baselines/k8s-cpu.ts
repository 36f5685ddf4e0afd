/**
 * The rule of the HorizontalPodAutoscaler applied to a service's CPU quota instead of its replicas: every m seconds
 * usage / target is recommended, and the largest recommendation of the last s seconds is the quota. Wang et al.,
 * "Autothrottle" (NSDI 2024), evaluation; m and s as in its published artifact: 15 s and 300 s, 1 s and 20 s for the fast
 * one. As there an agent on the node reads cgroups and sets quotas, and nothing else is limited:
 * neither tolerance nor largest step. There every service has the instances that it was deployed with.
 */
import type { Policy, PolicyContext, PolicyFactory } from '../policy.ts';
import { SlidingMaximum } from './sliding-maximum.ts';

/** Quotas that differ by less are the same, cores. */
const LEAST_CHANGE = 1e-5;

const DEFAULTS = { target: 0.5, replicas: 1 };

export const k8sCpu = quotaRule('k8s-cpu', 15, 300);
export const k8sCpuFast = quotaRule('k8s-cpu-fast', 1, 20);

function quotaRule(name: string, intervalSeconds: number, stabilizationSeconds: number): PolicyFactory {
  return {
    name,
    space: {
      /** Wanted ratio of usage to quota, in the steps of the paper; one half is the middle of what it chose. */
      target: [DEFAULTS.target, 0.6, 0.7, 0.8, 0.9, 0.4, 0.3, 0.2, 0.1],
      /** Of each service, for the whole run: the quota is theirs together. */
      replicas: [DEFAULTS.replicas, 2],
    },
    create(context, parameters) {
      const { target, replicas } = { ...DEFAULTS, ...parameters };
      const length = Math.floor(stabilizationSeconds / intervalSeconds);
      const services = context.application.services.map(
        (_, service) => new ServiceQuota(context, service, target, length),
      );
      return policyOf(name, intervalSeconds, services, replicas);
    },
  };
}

function policyOf(
  name: string,
  intervalSeconds: number,
  services: readonly ServiceQuota[],
  replicas: number,
): Policy {
  return {
    name,
    intervalSeconds,
    step(nowSeconds) {
      for (const service of services) {
        if (nowSeconds === 0) service.deploy(replicas);
        service.step(nowSeconds);
      }
    },
  };
}

class ServiceQuota {
  readonly #context: PolicyContext;
  readonly #service: number;
  readonly #target: number;
  readonly #recommendations: SlidingMaximum;
  #last: { readonly atSeconds: number; readonly cpuSeconds: number } | undefined;
  #quota: number | undefined;

  constructor(context: PolicyContext, service: number, target: number, length: number) {
    this.#context = context;
    this.#service = service;
    this.#target = target;
    this.#recommendations = new SlidingMaximum(length);
  }

  deploy(replicas: number): void {
    this.#context.actuator.scale(this.#service, replicas);
  }

  step(atSeconds: number): void {
    const { cpuSeconds } = this.#context.cgroup(this.#service);
    const last = this.#last;
    this.#last = { atSeconds, cpuSeconds };
    if (last === undefined) return;
    const usage = (cpuSeconds - last.cpuSeconds) / (atSeconds - last.atSeconds);
    this.#set(this.#recommendations.add(usage / this.#target));
  }

  /** The quota of all instances together. */
  #set(cores: number): void {
    const { actuator, application } = this.#context;
    const { minCpu, maxCpu } = application.services[this.#service]!;
    const each = cores / actuator.allocation(this.#service).instances;
    const quota = Math.max(minCpu, Math.min(each, maxCpu));
    if (this.#quota !== undefined && Math.abs(quota - this.#quota) < LEAST_CHANGE) return;
    this.#quota = quota;
    actuator.setQuota(this.#service, quota);
  }
}
