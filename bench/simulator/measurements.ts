/** What is counted of visits and requests that end, by service and chain, and told to the listener. */
import type { Application } from './application.ts';
import type { CallTable } from './call-table.ts';
import { LATENCY_BUCKETS, latencyBucket } from './latency-histogram.ts';
import type { SimulationListener } from './system.ts';
import type { Visits } from './visits.ts';

export class Measurements {
  visits = 0;
  readonly #calls: CallTable;
  readonly #visits: Visits;
  readonly #chains: number;
  readonly #visitsAt: Float64Array;
  readonly #failedVisitsAt: Float64Array;
  readonly #requests: Float64Array;
  readonly #failedRequests: Float64Array;
  readonly #self: Uint32Array[];
  readonly #total: Uint32Array[];
  readonly #request: Uint32Array[];
  readonly #listener: SimulationListener | undefined;

  constructor(
    { services, chains }: Application,
    calls: CallTable,
    visits: Visits,
    listener: SimulationListener | undefined,
  ) {
    this.#calls = calls;
    this.#visits = visits;
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

  /** A visit that nobody caused is a request's first: with it the request ends. */
  visitEnded(visit: number, failed: boolean, nowSeconds: number): void {
    const { call: calls, arrivedSeconds, selfSeconds, demandSeconds, parent } = this.#visits;
    const call = calls[visit]!;
    const service = this.#calls.service[call]!;
    const chain = this.#calls.chain[call]!;
    const total = nowSeconds - arrivedSeconds[visit]!;
    const self = selfSeconds[visit]! < 0 ? total : selfSeconds[visit]!;
    this.#countVisit(service * this.#chains + chain, self, total, failed);
    const cpu = demandSeconds[visit]!;
    const place = this.#calls.place[call]!;
    this.#listener?.onVisit?.(service, chain, self, total, cpu, failed, nowSeconds, place);
    if (parent[visit]! >= 0) return;
    this.#countRequest(chain, total, failed);
    this.#listener?.onRequest?.(chain, total, failed, nowSeconds);
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

  #countVisit(pair: number, selfSeconds: number, totalSeconds: number, failed: boolean): void {
    this.visits++;
    this.#visitsAt[pair]!++;
    if (failed) {
      this.#failedVisitsAt[pair]!++;
    } else {
      this.#self[pair]![latencyBucket(selfSeconds)]!++;
      this.#total[pair]![latencyBucket(totalSeconds)]!++;
    }
  }

  #countRequest(chain: number, latencySeconds: number, failed: boolean): void {
    this.#requests[chain]!++;
    if (failed) this.#failedRequests[chain]!++;
    else this.#request[chain]![latencyBucket(latencySeconds)]!++;
  }
}

function histograms(count: number): Uint32Array[] {
  return Array.from({ length: count }, () => new Uint32Array(LATENCY_BUCKETS));
}
