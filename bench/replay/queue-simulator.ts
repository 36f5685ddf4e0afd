/**
 * Requests of service chains, one by one, through queues: a discrete-event simulation. Latency comes from here and
 * from nothing that DTA-SLO computes. What is simulated:
 *
 * - requests arrive open loop, at the times that `arrivals` gives, and choose a chain by its share;
 * - a chain's stages run in sequence, the branches of a stage in parallel, the visits of a branch in sequence;
 * - a visit goes to one instance of its service, shares that instance's CPU with the others there (processor
 *   sharing, at most one core for each), then waits for its time without CPU;
 * - a visit that is not done after `timeoutSeconds` fails, and its request with it.
 *
 * It is advanced in slices, so that capacity can be changed from outside between two of them.
 */
import type { Random } from '../../src/models/ports.ts';
import { newRequest, type RequestInFlight, type VisitInFlight } from './flights.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { MinHeap } from './min-heap.ts';
import type { ProcessorSharingServer } from './processor-sharing.ts';
import { type Balancing, type PoolShape, ServerPool } from './server-pool.ts';
import { Timeouts } from './timeouts.ts';
import type { ChainModel, ServiceModel } from './workload.ts';

/** What the simulation tells. Services and chains are given by their place in the options. */
export interface SimulationListener {
  /** `responseSeconds`: sharing, CPU and wait of this visit alone, without what it called. */
  onVisit(
    service: number,
    chain: number,
    responseSeconds: number,
    completedSeconds: number,
    cpuSeconds: number,
    failed: boolean,
  ): void;
  /** `responseSeconds`: from the arrival of the request to the end of its last stage. */
  onRequest(chain: number, responseSeconds: number, completedSeconds: number, failed: boolean): void;
}

export interface SimulationOptions {
  readonly services: readonly ServiceModel[];
  readonly chains: readonly ChainModel[];
  /** Shape of each service at time 0, in the order of `services`. */
  readonly shapes: readonly PoolShape[];
  /** Arrival times, s, ascending; Infinity when there are no more. */
  readonly arrivals: { next(): number };
  /** Chooses chains and demands. */
  readonly random: Random;
  readonly balancing: Balancing;
  /** Default 30. */
  readonly timeoutSeconds?: number;
  readonly listener: SimulationListener;
}

export class QueueSimulator {
  readonly #options: SimulationOptions;
  readonly #pools: readonly ServerPool[];
  readonly #servers: ProcessorSharingServer[] = [];
  readonly #completions = new IndexedHeap();
  readonly #waits = new MinHeap<VisitInFlight>();
  readonly #changes = new MinHeap<() => void>();
  readonly #timeouts: Timeouts;
  readonly #demandFactors: number[];
  #nextArrival: number;
  #nowSeconds = 0;
  #inFlight = 0;
  #visits = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#timeouts = new Timeouts(options.timeoutSeconds ?? 30);
    this.#demandFactors = options.services.map(() => 1);
    this.#pools = options.services.map(
      ({ parallelism }, service) =>
        new ServerPool(service, parallelism, options.balancing, this.#completions, this.#servers),
    );
    for (const [service, shape] of options.shapes.entries()) this.setShape(service, shape, 0);
    this.#runChanges(0);
    this.#nextArrival = options.arrivals.next();
  }

  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** Requests that have arrived and are not answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Visits completed or failed so far. */
  get visits(): number {
    return this.#visits;
  }

  shape(service: number): PoolShape {
    return this.#pools[service]!.shape;
  }

  /** Core-seconds burned at a service so far. */
  usedCoreSeconds(service: number): number {
    return this.#pools[service]!.usedCoreSeconds(this.#nowSeconds);
  }

  /** From `atSeconds` on (not in the past) the service runs in this shape. */
  setShape(service: number, shape: PoolShape, atSeconds: number): void {
    if (!(shape.cpu > 0) || !(shape.instances >= 1)) throw new Error('a service needs capacity');
    this.#changes.push(atSeconds, () => this.#pools[service]!.reshape(shape, this.#nowSeconds));
  }

  /** From `atSeconds` on every visit that reaches the service burns `factor` times its CPU. */
  setDemandFactor(service: number, factor: number, atSeconds: number): void {
    this.#changes.push(atSeconds, () => {
      this.#demandFactors[service] = factor;
    });
  }

  /** Simulates everything that happens up to and including that time. */
  advanceTo(seconds: number): void {
    for (;;) {
      const change = this.#changes.smallestKey;
      const completion = this.#completions.earliestTime;
      const wait = this.#waits.smallestKey;
      const timeout = this.#timeouts.nextSeconds;
      const next = Math.min(change, completion, wait, timeout, this.#nextArrival);
      if (next > seconds) break;
      this.#nowSeconds = Math.max(this.#nowSeconds, next);
      if (next === change) this.#runChanges(next);
      else if (next === completion) this.#finishCpu(this.#servers[this.#completions.earliestSource]!);
      else if (next === wait) this.#complete(this.#waits.pop()!);
      else if (next === this.#nextArrival) this.#arrive();
      else this.#timeOut(this.#timeouts.pop()!);
    }
    this.#nowSeconds = Math.max(this.#nowSeconds, seconds);
  }

  #runChanges(untilSeconds: number): void {
    while (this.#changes.smallestKey <= untilSeconds) this.#changes.pop()!();
  }

  #arrive(): void {
    const { arrivals, chains, services, random } = this.#options;
    const chain = chooseChain(chains, random());
    const request = newRequest(chain, chains[chain]!, services, this.#nowSeconds, random);
    this.#nextArrival = arrivals.next();
    this.#inFlight++;
    this.#nextStage(request);
  }

  #nextStage(request: RequestInFlight): void {
    const { stages } = this.#options.chains[request.chain]!;
    request.stage++;
    const branches = stages[request.stage];
    if (branches === undefined || request.failed) {
      this.#answer(request);
      return;
    }
    request.openBranches = branches.length;
    for (const { first, end } of branches) this.#nextStep(request, first, end);
  }

  #nextStep(request: RequestInFlight, from: number, end: number): void {
    let step = from;
    while (step < end && Number.isNaN(request.demands[step]!)) step++;
    if (step < end && !request.failed) {
      this.#visit(request, step, end);
      return;
    }
    request.openBranches--;
    if (request.openBranches === 0) this.#nextStage(request);
  }

  #visit(request: RequestInFlight, step: number, branchEnd: number): void {
    const { service } = this.#options.chains[request.chain]!.steps[step]!;
    const server = this.#pools[service]!.next();
    const visit: VisitInFlight = {
      request,
      service,
      server,
      step,
      branchEnd,
      arrivedSeconds: this.#nowSeconds,
      cpuSeconds: request.demands[step]! * this.#demandFactors[service]!,
      state: 'computing',
    };
    server.start(visit, this.#nowSeconds);
    this.#completions.set(server.source, server.nextFinishSeconds());
    this.#timeouts.push(visit);
  }

  #finishCpu(server: ProcessorSharingServer): void {
    const visit = server.finish(this.#nowSeconds);
    this.#completions.set(server.source, server.nextFinishSeconds());
    if (visit === undefined) return;
    const { waitSeconds } = this.#options.services[visit.service]!;
    if (waitSeconds === 0) {
      this.#complete(visit);
      return;
    }
    visit.state = 'waiting';
    this.#waits.push(this.#nowSeconds + waitSeconds, visit);
  }

  #complete(visit: VisitInFlight): void {
    if (visit.state === 'abandoned') return;
    visit.state = 'done';
    this.#leave(visit, false);
  }

  #timeOut(visit: VisitInFlight): void {
    if (visit.state === 'computing') {
      visit.server.abandon(this.#nowSeconds);
      visit.state = 'abandoned';
      this.#completions.set(visit.server.source, visit.server.nextFinishSeconds());
    }
    visit.state = 'abandoned';
    visit.request.failed = true;
    this.#leave(visit, true);
  }

  #leave(visit: VisitInFlight, failed: boolean): void {
    const { request, service, cpuSeconds, arrivedSeconds } = visit;
    const response = this.#nowSeconds - arrivedSeconds;
    this.#visits++;
    this.#options.listener.onVisit(service, request.chain, response, this.#nowSeconds, cpuSeconds, failed);
    this.#nextStep(request, visit.step + 1, visit.branchEnd);
  }

  #answer(request: RequestInFlight): void {
    const response = this.#nowSeconds - request.startedSeconds;
    this.#inFlight--;
    this.#options.listener.onRequest(request.chain, response, this.#nowSeconds, request.failed);
  }
}

/** The chain at this place of the unit interval, which the chains divide by their shares. */
function chooseChain(chains: readonly ChainModel[], place: number): number {
  let total = 0;
  for (let chain = 0; chain < chains.length - 1; chain++) {
    total += chains[chain]!.share;
    if (place < total) return chain;
  }
  return chains.length - 1;
}
