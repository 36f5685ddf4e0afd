import type { KnownService } from '../../../bench/policy/policy.ts';
import { LATENCY_BUCKETS, latencyBucket } from '../../../bench/simulator/latency-histogram.ts';
import type { InstanceState } from '../../../bench/simulator/system.ts';

type Instance = { -readonly [key in keyof InstanceState]: InstanceState[key] };

/** One service of the script. Its counters are free to write. */
export class ScriptedService {
  instances: Instance[] = [];
  template: { cpu: number; memory: number };
  wanted = 1;
  /** State in which new instances begin. */
  newborn: InstanceState['state'] = 'ready';
  cpuSeconds = 0;
  periods = 0;
  throttledPeriods = 0;
  throttledSeconds = 0;
  readonly #chains: ChainVisits[];
  #created = 0;

  constructor(known: KnownService, chains: number) {
    this.template = { cpu: known.maxCpu, memory: known.maxMemory };
    this.#chains = Array.from({ length: chains }, () => ({
      visits: 0,
      failed: 0,
      self: histogram(),
      total: histogram(),
    }));
    this.#start(0);
  }

  /** CPU used by the ready instances, the same share by each. */
  burn(cpuSeconds: number): void {
    const ready = this.#ready();
    for (const instance of ready) instance.cpuSeconds += cpuSeconds / ready.length;
    this.cpuSeconds += cpuSeconds;
  }

  /** CFS periods that pass while the service wants CPU, and how many of them are throttled. */
  pass(periods: number, throttled: number): void {
    this.periods += periods;
    this.throttledPeriods += throttled;
  }

  /** `count` visits of a chain end, all after that time. */
  visit(chain: number, selfSeconds: number, count = 1, totalSeconds = selfSeconds): void {
    const visits = this.#chains[chain]!;
    visits.visits += count;
    visits.self[latencyBucket(selfSeconds)]! += count;
    visits.total[latencyBucket(totalSeconds)]! += count;
  }

  setWorkingSet(mebibytes: number): void {
    for (const instance of this.instances) instance.workingSet = mebibytes;
  }

  resize(cpu: number, memory: number): void {
    this.template = { cpu, memory };
    for (const instance of this.instances) Object.assign(instance, this.template);
  }

  scale(instances: number, nowSeconds: number): void {
    this.wanted = instances;
    this.instances.length = Math.min(this.instances.length, instances);
    while (this.instances.length < instances) this.#start(nowSeconds);
  }

  evict(id: number, nowSeconds: number): void {
    this.instances = this.instances.filter((instance) => instance.id !== id);
    this.#start(nowSeconds);
  }

  allocation() {
    return {
      ...this.template,
      instances: this.wanted,
      readyInstances: this.#ready().length,
      rolledOut: true,
    };
  }

  cgroup() {
    const { cpuSeconds, periods, throttledPeriods, throttledSeconds } = this;
    const memory = Math.max(0, ...this.instances.map(({ workingSet }) => workingSet));
    return { cpuSeconds, periods, throttledPeriods, throttledSeconds, memory };
  }

  scrape() {
    return {
      ...this.cgroup(),
      instances: this.instances.map((instance) => ({ ...instance })),
      visits: this.#chains.map(({ visits }) => visits),
      failedVisits: this.#chains.map(({ failed }) => failed),
      selfLatency: this.#chains.map(({ self }) => self.slice()),
      totalLatency: this.#chains.map(({ total }) => total.slice()),
    };
  }

  #ready(): Instance[] {
    return this.instances.filter(({ state }) => state === 'ready');
  }

  #start(startedSeconds: number): void {
    const id = this.#created++;
    this.instances.push({
      id,
      ...this.template,
      state: this.newborn,
      startedSeconds,
      cpuSeconds: 0,
      workingSet: 0,
    });
  }
}

interface ChainVisits {
  visits: number;
  failed: number;
  readonly self: Uint32Array;
  readonly total: Uint32Array;
}

export function histogram(): Uint32Array {
  return new Uint32Array(LATENCY_BUCKETS);
}
