import type { Application, Shape } from '../../../bench/simulator/application.ts';
import { LATENCY_BUCKETS, latencyBucket } from '../../../bench/simulator/latency-histogram.ts';
import type { CgroupCounters, InstanceState, SimulatedSystem } from '../../../bench/simulator/system.ts';

const SERVICE = {
  parallelism: 4,
  threads: Infinity,
  queueLimit: 0,
  baseMemory: 100,
  memoryPerVisit: 1,
  minCpu: 0.1,
  maxCpu: 4,
  minMemory: 128,
  maxMemory: 8192,
  minInstances: 1,
  maxInstances: 10,
} as const;

/** One service `s`, and chains that visit it once. */
export function lineOf(...chains: readonly string[]): Application {
  const root = {
    service: 0,
    demandSeconds: 0.01,
    sigma: 0.6,
    waitSeconds: 0,
    errorRatio: 0,
    stages: [],
  } as const;
  return {
    name: 'line',
    services: [{ name: 's', ...SERVICE }],
    chains: chains.map((name) => ({ name, share: 1 / chains.length, root, sloSeconds: 0.1 })),
  };
}

/** A system that does nothing but note what it is told to do, with the time: what one wants to know of an actuator. */
export class FakeSystem implements SimulatedSystem {
  readonly application: Application;
  readonly calls: string[] = [];
  nowSeconds = 0;
  visits = 0;
  inFlight = 0;
  shapeNow: Shape = { cpu: 4, memory: 8192, instances: 2 };
  instancesNow: InstanceState[] = [instance(1), instance(2)];
  readonly #histogram = new Uint32Array(LATENCY_BUCKETS);

  constructor(application: Application = lineOf('c')) {
    this.application = application;
  }

  visit(seconds: number): void {
    this.visits++;
    this.#histogram[latencyBucket(seconds)]! += 1;
  }

  advanceTo(seconds: number): void {
    this.nowSeconds = seconds;
  }

  shape(): Shape {
    return this.shapeNow;
  }

  instances(): readonly InstanceState[] {
    return this.instancesNow;
  }

  cgroup(): CgroupCounters {
    return { cpuSeconds: this.visits, periods: 0, throttledPeriods: 0, throttledSeconds: 0, memory: 100 };
  }

  visitsAt(): number {
    return this.visits;
  }

  failedVisitsAt(): number {
    return 0;
  }

  selfHistogram(): Uint32Array {
    return this.#histogram;
  }

  totalHistogram(): Uint32Array {
    return this.#histogram;
  }

  requestHistogram(): Uint32Array {
    return this.#histogram;
  }

  requestsOf(): number {
    return this.visits;
  }

  failedRequestsOf(): number {
    return 0;
  }

  allocatedCoreSeconds(): number {
    return 8 * this.nowSeconds;
  }

  allocatedMebibyteSeconds(): number {
    return 0;
  }

  resize(service: number, cpu: number, memory: number): void {
    this.#note('resize', service, cpu, memory);
  }

  scale(service: number, instances: number): void {
    this.#note('scale', service, instances);
  }

  roll(service: number, { cpu, memory, instances }: Shape): void {
    this.#note('roll', service, cpu, memory, instances);
  }

  setTemplate(service: number, cpu: number, memory: number): void {
    this.#note('template', service, cpu, memory);
  }

  evict(service: number, instanceId: number): void {
    this.#note('evict', service, instanceId);
  }

  kill(service: number, count: number): void {
    this.#note('kill', service, count);
  }

  setDemandFactor(service: number, factor: number): void {
    this.#note('demand', service, factor);
  }

  #note(what: string, ...figures: readonly number[]): void {
    this.calls.push(`${this.nowSeconds}: ${what} ${figures.join(' ')}`);
  }
}

export function instance(id: number, state: InstanceState['state'] = 'ready'): InstanceState {
  return { id, cpu: 4, memory: 8192, state, startedSeconds: 0, cpuSeconds: 0, workingSet: 100 };
}
