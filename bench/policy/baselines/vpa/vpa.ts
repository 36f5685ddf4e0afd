/**
 * VerticalPodAutoscaler with a fixed number of replicas: recommender, updater and admission of kubernetes/autoscaler.
 *
 * What takes a day there takes `daySeconds` here, because a run holds a day of traffic in less: half-life and peak
 * windows, the confidence of the bounds, and the 12 hours before a pod inside its bounds is replaced. A day of 24 hours
 * is among the values. Recommender and updater keep their minute. A service with one replica is updated too, as with
 * `minReplicas: 1`; by default it would never be. `inPlace` is the update mode InPlaceOrRecreate where every resize
 * succeeds (with `--in-place-skip-disruption-budget`: all pods at once), else pods are evicted. The limit is the request.
 */
import type { Parameters, Policy, PolicyContext, PolicyFactory } from '../../policy.ts';
import { instanceUsages, scrapePair } from '../usage.ts';
import { type Recommendation, Recommender, type RecommenderOptions } from './recommender.ts';
import { evictionBudget, podsToUpdate } from './updater.ts';

/** `--recommender-interval` and `--updater-interval`, s. */
const INTERVAL_SECONDS = 60;

const DEFAULTS = { margin: 0.15, inPlace: 0, replicas: 1, daySeconds: 3600 };

export const vpa: PolicyFactory = {
  name: 'vpa',
  space: {
    /** Part of the 90th percentile that is added to it. */
    margin: [DEFAULTS.margin, 0.5, 1, 2],
    /** 1: in place, 0: by eviction. */
    inPlace: [DEFAULTS.inPlace, 1],
    /** The last one is the original. */
    daySeconds: [DEFAULTS.daySeconds, 900, 300, 86_400],
    replicas: [DEFAULTS.replicas, 2],
  },
  create: (context, parameters) => createVpa(context, { ...DEFAULTS, ...parameters }),
};

function createVpa(context: PolicyContext, parameters: typeof DEFAULTS & Parameters): Policy {
  const { replicas, daySeconds, margin, inPlace } = parameters;
  const services = context.application.services.map(
    (_, service) => new ServiceVpa(context, service, { daySeconds, margin }),
  );
  return {
    name: vpa.name,
    intervalSeconds: INTERVAL_SECONDS,
    step(nowSeconds) {
      if (nowSeconds === 0) deploy(context, replicas);
      for (const service of services) {
        service.observe(nowSeconds);
        if (inPlace === 1) service.resize(nowSeconds);
        else service.evict(nowSeconds);
      }
    },
  };
}

function deploy({ application, actuator }: PolicyContext, replicas: number): void {
  application.services.forEach((_, service) => {
    actuator.scale(service, replicas);
  });
}

/** The VerticalPodAutoscaler of one service. */
export class ServiceVpa {
  readonly #context: PolicyContext;
  readonly #service: number;
  readonly #options: RecommenderOptions;
  readonly #recommender: Recommender;
  #observedSeconds = -Infinity;

  constructor(context: PolicyContext, service: number, options: RecommenderOptions) {
    this.#context = context;
    this.#service = service;
    this.#options = options;
    this.#recommender = new Recommender(context.application.services[service]!, options);
  }

  get recommendation(): Recommendation | undefined {
    return this.#recommender.recommend();
  }

  /** Takes in the newest metrics of all instances, once. */
  observe(nowSeconds: number): void {
    const pair = scrapePair(this.#context.metrics, nowSeconds);
    if (pair === undefined || pair.newer.atSeconds <= this.#observedSeconds) return;
    this.#observedSeconds = pair.newer.atSeconds;
    for (const usage of instanceUsages(pair, this.#service)) {
      this.#recommender.add(usage, this.#observedSeconds);
    }
  }

  /** Evicts what needs it, as far as the budget goes; the admission gives the new ones the target. */
  evict(nowSeconds: number): void {
    const { actuator } = this.#context;
    const { recommendation } = this;
    if (recommendation === undefined) return;
    const { instances, readyInstances } = actuator.allocation(this.#service);
    const evicted = this.#toUpdate(recommendation, nowSeconds).slice(
      0,
      evictionBudget(instances, readyInstances),
    );
    if (evicted.length === 0) return;
    actuator.setTemplate(this.#service, recommendation.target.cpu, recommendation.target.memory);
    for (const { id } of evicted) actuator.evict(this.#service, id);
  }

  /** Resizes the instances when one of them needs it. */
  resize(nowSeconds: number): void {
    const { recommendation } = this;
    if (recommendation === undefined || this.#toUpdate(recommendation, nowSeconds).length === 0) return;
    this.#context.actuator.resize(this.#service, recommendation.target.cpu, recommendation.target.memory);
  }

  #toUpdate(recommendation: Recommendation, nowSeconds: number) {
    const instances = this.#context.metrics.latest()?.services[this.#service]?.instances ?? [];
    const ready = instances.filter(({ state }) => state === 'ready');
    return podsToUpdate(ready, recommendation, nowSeconds, this.#options.daySeconds);
  }
}
