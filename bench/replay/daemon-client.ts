import type { ResourceAllocation } from '../../src/models/data-models.ts';
import { type JsonObject, numberIn, objectOf, objectsIn, optionalNumberIn, textIn } from './json-reading.ts';

export interface ServiceAdvice extends ResourceAllocation {
  readonly id: string;
  readonly status: string;
  readonly reason: string;
  readonly explanation: string;
}

export interface Advice {
  /** Empty before the first pass. */
  readonly decisionId: string;
  readonly services: readonly ServiceAdvice[];
}

export interface IntakeAnswer {
  readonly accepted: number;
  readonly rejected: number;
  /** The first error, if any. */
  readonly firstError: string;
}

/** The few calls of the daemon's HTTP API that a workload generator makes. */
export class DaemonClient {
  readonly #url: string;
  /** How long each POST of records took, ms. */
  readonly postMs: number[] = [];
  /** The longest that any call has taken, ms: a daemon that stalls shows here. */
  slowestMs = 0;
  slowestCall = '';

  constructor(url: string) {
    this.#url = url.replace(/\/$/, '');
  }

  /** The daemon's clock, Unix s. */
  async time(): Promise<number> {
    return numberIn(await this.#json('/healthz'), 'time');
  }

  async advice(): Promise<Advice> {
    const answer = await this.#json('/allocations');
    return {
      decisionId: textIn(answer, 'decision_id'),
      services: textIn(answer, 'decision_id') === '' ? [] : objectsIn(answer, 'services').map(serviceAdvice),
    };
  }

  async metrics(): Promise<string> {
    return (await this.#call('/metrics')).text();
  }

  /** Lines of NDJSON, one record each. A batch of which nothing is acceptable is answered like the others here. */
  async postRecords(lines: string, records: number): Promise<IntakeAnswer> {
    const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines };
    const startedMs = performance.now();
    const response = await this.#timed('/requests', init);
    const text = await response.text();
    this.postMs.push(performance.now() - startedMs);
    if (response.status === 400) return { accepted: 0, rejected: records, firstError: text.slice(0, 500) };
    if (response.status !== 202) throw new Error(`POST /requests: ${response.status} ${text.slice(0, 500)}`);
    const answer = objectOf(JSON.parse(text), 'POST /requests');
    const rejected = objectsIn(answer, 'rejected');
    const first = rejected[0];
    return {
      accepted: numberIn(answer, 'accepted'),
      rejected: rejected.length,
      firstError: first === undefined ? '' : textIn(first, 'error'),
    };
  }

  async postApplied(service: string, allocation: ResourceAllocation): Promise<void> {
    const { cpu, memory, instances } = allocation;
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ cpu, memory, instances }),
    };
    await (await this.#call(`/services/${encodeURIComponent(service)}/applied`, init)).text();
  }

  async #json(path: string): Promise<JsonObject> {
    return objectOf(await (await this.#call(path)).json(), path);
  }

  async #call(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.#timed(path, init);
    if (response.ok) return response;
    const problem = (await response.text()).slice(0, 500);
    throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${problem}`);
  }

  async #timed(path: string, init: RequestInit): Promise<Response> {
    const startedMs = performance.now();
    const response = await fetch(`${this.#url}${path}`, init);
    const tookMs = performance.now() - startedMs;
    if (tookMs > this.slowestMs) {
      this.slowestMs = tookMs;
      this.slowestCall = `${init.method ?? 'GET'} ${path}`;
    }
    return response;
  }
}

function serviceAdvice(service: JsonObject): ServiceAdvice {
  return {
    id: textIn(service, 'id'),
    cpu: numberIn(service, 'cpu'),
    memory: optionalNumberIn(service, 'memory') ?? 0,
    instances: numberIn(service, 'instances'),
    status: textIn(service, 'status'),
    reason: textIn(service, 'reason'),
    explanation: textIn(service, 'explanation'),
  };
}
