/** What is counted of visits and requests that end, by service and chain, and told to the listener. */
import type { Application } from './application.ts';
import { LATENCY_BUCKETS, latencyBucket } from './latency-histogram.ts';
import type { SimulationListener } from './system.ts';

export class Measurements {
  visits = 0;
  readonly #chains: number;
  readonly #visitsAt: Float64Array;
  readonly #failedVisitsAt: Float64Array;
  readonly #requests: Float64Array;
  readonly #failedRequests: Float64Array;
  readonly #self: Uint32Array[];
  readonly #total: Uint32Array[];
  readonly #request: Uint32Array[];
  readonly #listener: SimulationListener | undefined;

  constructor({ services, chains }: Application, listener: SimulationListener | undefined) {
    const pairs = services.length * chains.length;
    this.#chains = chains.length;
    this.#visitsAt = new Float64Array(pairs);
    this.#failedVisitsAt = new Float64Array(pairs);
    this.#requests = new Float64Array(chains.length);
    this.#failedRequests = new Float64Array(chains.length);
    this.#self = histograms(pairs);
    this.#total = histograms(pairs);
    this.#request = histograms(chains.length);
    this.#listener = listener;
  }

  /** Arguments as those of the listener. */
  visitEnded(
    service: number,
    chain: number,
    selfSeconds: number,
    totalSeconds: number,
    cpuSeconds: number,
    failed: boolean,
    endSeconds: number,
    place: number,
  ): void {
    const pair = service * this.#chains + chain;
    this.visits++;
    this.#visitsAt[pair]!++;
    if (failed) {
      this.#failedVisitsAt[pair]!++;
    } else {
      this.#self[pair]![latencyBucket(selfSeconds)]!++;
      this.#total[pair]![latencyBucket(totalSeconds)]!++;
    }
    this.#listener?.onVisit?.(
      service,
      chain,
      selfSeconds,
      totalSeconds,
      cpuSeconds,
      failed,
      endSeconds,
      place,
    );
  }

  requestEnded(chain: number, latencySeconds: number, failed: boolean, endSeconds: number): void {
    this.#requests[chain]!++;
    if (failed) this.#failedRequests[chain]!++;
    else this.#request[chain]![latencyBucket(latencySeconds)]!++;
    this.#listener?.onRequest?.(chain, latencySeconds, failed, endSeconds);
  }

  visitsAt(service: number, chain: number): number {
    return this.#visitsAt[service * this.#chains + chain]!;
  }

  failedVisitsAt(service: number, chain: number): number {
    return this.#failedVisitsAt[service * this.#chains + chain]!;
  }

  selfHistogram(service: number, chain: number): Uint32Array {
    return this.#self[service * this.#chains + chain]!;
  }

  totalHistogram(service: number, chain: number): Uint32Array {
    return this.#total[service * this.#chains + chain]!;
  }

  requestHistogram(chain: number): Uint32Array {
    return this.#request[chain]!;
  }

  requestsOf(chain: number): number {
    return this.#requests[chain]!;
  }

  failedRequestsOf(chain: number): number {
    return this.#failedRequests[chain]!;
  }
}

function histograms(count: number): Uint32Array[] {
  return Array.from({ length: count }, () => new Uint32Array(LATENCY_BUCKETS));
}
