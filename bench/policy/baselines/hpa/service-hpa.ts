import type { KnownService, PolicyContext, ServiceAllocation } from '../../policy.ts';
import { type InstanceUsage, instanceUsages, scrapePair } from '../usage.ts';
import { desiredReplicas, type Pod } from './replica-calculator.ts';
import { ScalingBehavior } from './scaling-behavior.ts';

/** For so long after its start a pod counts only if it was ready during all of its measurement, s. */
const CPU_INITIALIZATION_SECONDS = 300;

/** The HorizontalPodAutoscaler of one service. */
export class ServiceHpa {
  readonly #context: PolicyContext;
  readonly #service: number;
  readonly #target: number;
  readonly #behavior: ScalingBehavior;

  /** @param target Wanted ratio of CPU use to request. */
  constructor(context: PolicyContext, service: number, target: number) {
    this.#context = context;
    this.#service = service;
    this.#target = target;
    this.#behavior = new ScalingBehavior(context.application.services[service]!);
  }

  /** One sync: sets the replicas if the metrics ask for others. */
  sync(nowSeconds: number): void {
    const { metrics, actuator } = this.#context;
    const pair = scrapePair(metrics, nowSeconds);
    if (pair === undefined) return;
    const allocation = actuator.allocation(this.#service);
    const pods = podsOf(instanceUsages(pair, this.#service), allocation, pair.newer.atSeconds);
    const desired = desiredReplicas(pods, allocation.instances, this.#target);
    if (desired === undefined) return;
    const replicas = this.#behavior.decide(nowSeconds, allocation.instances, desired);
    if (replicas !== allocation.instances) actuator.scale(this.#service, replicas);
  }
}

/**
 * The pods that the controller lists. It sees pods at once and their metrics later, so what the scrape shows is brought
 * to the wanted number: the youngest were deleted since, or pods without metrics were created since.
 */
function podsOf(usages: readonly InstanceUsage[], allocation: ServiceAllocation, atSeconds: number): Pod[] {
  const pods = usages.slice(0, allocation.instances).map((usage) => podOf(usage, atSeconds));
  while (pods.length < allocation.instances) {
    pods.push({ request: allocation.cpu, usage: undefined, unready: true });
  }
  return pods;
}

function podOf({ instance, cores, readyThroughout }: InstanceUsage, atSeconds: number): Pod {
  const initializing = atSeconds - instance.startedSeconds < CPU_INITIALIZATION_SECONDS;
  const measuredTooEarly = cores !== undefined && initializing && !readyThroughout;
  const unready = instance.state === 'starting' || measuredTooEarly;
  return { request: instance.cpu, usage: cores, unready };
}

/** As many pods of that request as hold what the service has now, and at least one. */
export function replicasFor(request: number, allocation: ServiceAllocation, known: KnownService): number {
  const enough = Math.ceil((allocation.cpu * allocation.instances) / request);
  return Math.max(known.minInstances, Math.min(enough, known.maxInstances));
}
