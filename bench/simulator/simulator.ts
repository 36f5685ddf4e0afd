/**
 * Requests of service chains, one by one, through instances with a CPU quota: a discrete-event simulation.
 *
 * - Requests arrive open loop, at the times given. Callers are asynchronous: a visit holds a thread only from its first
 *   CPU to its last, not in its own wait and not while it waits for what it called.
 * - A visit goes to a ready instance, waits for a thread there (first in, first out), shares the CPU with the others
 *   that have one (cpu-sharing.ts), has its own wait without CPU, then its stages in sequence.
 * - A visit that fails fails its caller, and so its request, at once; what else is under way goes on and burns CPU.
 * - A visit that is not answered `timeoutSeconds` after its arrival fails; if it is still queued or on the CPU it leaves.
 */
import { seededRandom } from '../../src/utils/random.ts';
import { type Application, type Arrivals, checkedArrivals, type Shape } from './application.ts';
import { Balancer, type Balancing } from './balancer.ts';
import { CallTable } from './call-table.ts';
import { requestKey } from './chance.ts';
import { CpuSharing, EXHAUST, FINISH, type Machine } from './cpu-sharing.ts';
import { Fleet } from './fleet.ts';
import { Flow } from './flow.ts';
import { GONE, Instances, STARTING, STOPPING } from './instances.ts';
import { Measurements } from './measurements.ts';
import type { CgroupCounters, InstanceState, SimulatedSystem, SimulationListener } from './system.ts';
import { Visits } from './visits.ts';

export interface SimulatorOptions extends Machine {
  readonly application: Application;
  readonly arrivals: Arrivals;
  /** Number of the first of them where they are a part of a run: what chance decides goes by a request's number. Default 0. */
  readonly firstRequest?: number;
  /** What each service runs with at time 0, ready at once. */
  readonly initial: readonly Shape[];
  /** Of demands, waits, errors, phases of CFS periods and random balancing. */
  readonly seed: number;
  /** From the creation of an instance until it takes visits. */
  readonly startupSeconds: number;
  /** Of a visit, from its arrival at the service. Default 30. */
  readonly timeoutSeconds?: number;
  /** Default `least-busy`. */
  readonly balancing?: Balancing;
  readonly listener?: SimulationListener;
}

export class Simulator implements SimulatedSystem {
  readonly application: Application;
  readonly #arrivals: Arrivals;
  readonly #firstRequest: number;
  readonly #seed: number;
  readonly #timeoutSeconds: number;
  readonly #visits = new Visits();
  readonly #instances = new Instances(this.#visits);
  readonly #sharing: CpuSharing;
  readonly #measurements: Measurements;
  readonly #fleet: Fleet;
  readonly #flow: Flow;
  #arrived = 0;

  constructor(options: SimulatorOptions) {
    const { application, seed } = options;
    this.application = application;
    this.#arrivals = checkedArrivals(options.arrivals, application);
    this.#firstRequest = options.firstRequest ?? 0;
    this.#seed = seed;
    this.#timeoutSeconds = options.timeoutSeconds ?? 30;
    this.#sharing = new CpuSharing(this.#instances, options);
    const calls = new CallTable(application);
    this.#measurements = new Measurements(application, calls, this.#visits, options.listener);
    this.#fleet = new Fleet(application, this.#instances, this.#sharing, options.startupSeconds, seed);
    const balancing = options.balancing ?? 'least-busy';
    this.#flow = new Flow({
      application,
      calls,
      visits: this.#visits,
      instances: this.#instances,
      sharing: this.#sharing,
      fleet: this.#fleet,
      balancer: new Balancer(balancing, this.#instances, application, seededRandom(seed)),
      measurements: this.#measurements,
    });
    if (options.initial.length !== application.services.length)
      throw new RangeError('a shape for each service');
    for (const [service, shape] of options.initial.entries()) this.#fleet.begin(service, shape);
  }

  get nowSeconds(): number {
    return this.#flow.nowSeconds;
  }

  get visits(): number {
    return this.#measurements.visits;
  }

  get inFlight(): number {
    return this.#flow.inFlight;
  }

  advanceTo(seconds: number): void {
    const flow = this.#flow;
    const { events } = this.#sharing;
    const { waits } = flow;
    const { changes } = this.#fleet;
    const times = this.#arrivals.timesSeconds;
    for (;;) {
      const cpu = events.firstKey;
      const arrival = this.#arrived < times.length ? times[this.#arrived]! : Infinity;
      const timeout = this.#nextTimeout();
      const next = Math.min(cpu, arrival, waits.firstKey, timeout, changes.firstKey);
      if (next > seconds || next === Infinity) break;
      if (next > flow.nowSeconds) flow.nowSeconds = next;
      if (next === cpu) this.#runCpu(events.firstItem);
      else if (next === arrival) this.#arrive();
      else if (next === waits.firstKey) flow.finishWait();
      else if (next === changes.firstKey) this.#change(changes.firstItem);
      else flow.fail(this.#visits.oldest);
    }
    if (seconds > flow.nowSeconds && seconds < Infinity) flow.nowSeconds = seconds;
  }

  shape(service: number): Shape {
    return this.#fleet.shape(service);
  }

  instances(service: number): readonly InstanceState[] {
    return this.#fleet.states(service, this.nowSeconds);
  }

  cgroup(service: number): CgroupCounters {
    return this.#fleet.cgroup(service, this.nowSeconds);
  }

  visitsAt(service: number, chain: number): number {
    return this.#measurements.visitsAt(service, chain);
  }

  failedVisitsAt(service: number, chain: number): number {
    return this.#measurements.failedVisitsAt(service, chain);
  }

  selfHistogram(service: number, chain: number): Uint32Array {
    return this.#measurements.selfHistogram(service, chain);
  }

  totalHistogram(service: number, chain: number): Uint32Array {
    return this.#measurements.totalHistogram(service, chain);
  }

  requestHistogram(chain: number): Uint32Array {
    return this.#measurements.requestHistogram(chain);
  }

  requestsOf(chain: number): number {
    return this.#measurements.requestsOf(chain);
  }

  failedRequestsOf(chain: number): number {
    return this.#measurements.failedRequestsOf(chain);
  }

  allocatedCoreSeconds(service: number): number {
    return this.#fleet.coreSeconds(service, this.nowSeconds);
  }

  allocatedMebibyteSeconds(service: number): number {
    return this.#fleet.mebibyteSeconds(service, this.nowSeconds);
  }

  resize(service: number, cpu: number, memory: number): void {
    this.#fleet.setTemplate(service, cpu, memory);
    this.#fleet.resize(service, this.nowSeconds);
    this.#fleet.reconcile(service, this.nowSeconds);
  }

  scale(service: number, instances: number): void {
    this.#fleet.want(service, instances);
    this.#fleet.reconcile(service, this.nowSeconds);
  }

  roll(service: number, { cpu, memory, instances }: Shape): void {
    this.#fleet.setTemplate(service, cpu, memory);
    this.#fleet.want(service, instances);
    this.#fleet.roll(service);
    this.#fleet.reconcile(service, this.nowSeconds);
  }

  setTemplate(service: number, cpu: number, memory: number): void {
    this.#fleet.setTemplate(service, cpu, memory);
  }

  evict(service: number, instance: number): void {
    const found = this.#fleet.ready(service).find((candidate) => this.#instances.id[candidate] === instance);
    if (found === undefined) throw new RangeError(`no ready instance ${instance}`);
    this.#fleet.stop(found, this.nowSeconds);
    this.#fleet.reconcile(service, this.nowSeconds);
  }

  kill(service: number, count: number): void {
    if (!(Number.isInteger(count) && count >= 1)) throw new RangeError(`${count} instances to kill`);
    for (const instance of this.#fleet.victims(service).slice(0, count)) this.#kill(instance);
    this.#fleet.reconcile(service, this.nowSeconds);
  }

  setDemandFactor(service: number, factor: number): void {
    if (!(factor >= 0 && factor < Infinity)) throw new RangeError(`a demand factor of ${factor}`);
    this.#flow.demandFactors[service] = factor;
  }

  #nextTimeout(): number {
    const { oldest, arrivedSeconds } = this.#visits;
    return oldest < 0 ? Infinity : arrivedSeconds[oldest]! + this.#timeoutSeconds;
  }

  #arrive(): void {
    const request = this.#arrived++;
    this.#flow.arrive(this.#arrivals.chains[request]!, requestKey(this.#seed, this.#firstRequest + request));
  }

  #runCpu(instance: number): void {
    const event = this.#instances.nextEvent[instance]!;
    if (event === FINISH) {
      this.#flow.finishCpu(instance);
      return;
    }
    if (event === EXHAUST) this.#sharing.exhaust(instance, this.nowSeconds);
    else this.#sharing.refill(instance, this.nowSeconds);
    this.#sharing.schedule(instance);
  }

  /** An instance is ready, or its time to stop is over. */
  #change(instance: number): void {
    const service = this.#instances.service[instance]!;
    if (this.#instances.state[instance] === STARTING) {
      this.#fleet.welcome(instance);
      this.#flow.drainPool(service);
    } else {
      this.#kill(instance);
    }
    this.#fleet.reconcile(service, this.nowSeconds);
  }

  #kill(instance: number): void {
    const { state, present } = this.#instances;
    // The end of visits elsewhere may have ended an instance that was stopping.
    if (state[instance] === GONE) return;
    if (state[instance] !== STOPPING) this.#fleet.stop(instance, this.nowSeconds);
    if (present[instance]! > 0) this.#flow.failAllAt(instance);
  }
}
