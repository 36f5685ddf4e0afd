/** Sums over some slots. CPU seconds stand beside the number of requests that told them. */
export interface Totals {
  requests: number;
  errors: number;
  /** Seconds of the requests that did not fail. */
  latencySum: number;
  cpuSum: number;
  cpuRequests: number;
}

export function noTotals(): Totals {
  return { requests: 0, errors: 0, latencySum: 0, cpuSum: 0, cpuRequests: 0 };
}

const FIELDS = 2;
const CPU_FIELDS = 2;

/**
 * Counters of the latest slots. A slot stands at its index modulo the size and is cleared when another index takes its
 * place, so nothing has to run for time to pass. Indices are kept modulo 2^32. An untouched slot counts zero under
 * whichever index, so the initial indices need no mark.
 */
export class CounterRing {
  readonly size: number;
  readonly #indices: Int32Array;
  readonly #totals: Float64Array;
  /** Most series have no failed requests in so short a time. */
  #errors: Float64Array | undefined;
  /** Most services never tell CPU seconds. */
  #cpu: Float64Array | undefined;

  constructor(slots: number) {
    this.size = slots;
    this.#indices = new Int32Array(this.size);
    this.#totals = new Float64Array(this.size * FIELDS);
  }

  add(index: number, latency: number, isError: boolean, count: number, cpuSeconds: number): void {
    const at = this.#slot(index);
    const field = at * FIELDS;
    this.#totals[field]! += count;
    if (isError) this.#addErrors(at, count);
    else this.#totals[field + 1]! += latency * count;
    // NaN: not told.
    if (cpuSeconds >= 0) this.#addCpu(at, cpuSeconds * count, count);
  }

  /** Adds requests that were counted elsewhere. */
  addCounted(index: number, requests: number, errors: number, latencySum: number): void {
    const at = this.#slot(index);
    this.#totals[at * FIELDS]! += requests;
    this.#totals[at * FIELDS + 1]! += latencySum;
    if (errors !== 0) this.#addErrors(at, errors);
  }

  /** Puts totals in the place of whatever the slot held. */
  replace(index: number, totals: Totals): void {
    const at = this.#slot(index);
    this.#clear(at);
    this.#totals[at * FIELDS] = totals.requests;
    this.#totals[at * FIELDS + 1] = totals.latencySum;
    if (totals.errors !== 0) this.#addErrors(at, totals.errors);
    if (totals.cpuRequests > 0) this.#addCpu(at, totals.cpuSum, totals.cpuRequests);
  }

  /** Adds a share of the slot to the totals: 1 for the whole of it. */
  addTo(totals: Totals, index: number, share = 1): void {
    const at = index % this.size;
    if (this.#indices[at] !== (index | 0)) return;
    totals.requests += this.#totals[at * FIELDS]! * share;
    totals.latencySum += this.#totals[at * FIELDS + 1]! * share;
    if (this.#errors !== undefined) totals.errors += this.#errors[at]! * share;
    if (this.#cpu !== undefined) this.#addCpuTo(totals, at, share);
  }

  /** The same for all slots of [from, to). */
  addAllTo(totals: Totals, from: number, to: number, share = 1): void {
    if (from >= to) return;
    const indices = this.#indices;
    const counted = this.#totals;
    let requests = 0;
    let errors = 0;
    let latencySum = 0;
    for (let index = from, at = from % this.size; index < to; index++) {
      if (indices[at] === (index | 0)) {
        requests += counted[at * FIELDS]!;
        latencySum += counted[at * FIELDS + 1]!;
        if (this.#errors !== undefined) errors += this.#errors[at]!;
        if (this.#cpu !== undefined) this.#addCpuTo(totals, at, share);
      }
      if (++at === this.size) at = 0;
    }
    totals.requests += requests * share;
    totals.errors += errors * share;
    totals.latencySum += latencySum * share;
  }

  /** The index that stands at a position of the ring. */
  indexAt(position: number): number {
    return this.#indices[position]! >>> 0;
  }

  requestsIn(index: number): number {
    const at = index % this.size;
    return this.#indices[at] === (index | 0) ? this.#totals[at * FIELDS]! : 0;
  }

  /** Forgets every slot after the given one. */
  dropAfter(index: number): void {
    for (let at = 0; at < this.size; at++) {
      if (((this.#indices[at]! - index) | 0) > 0) this.#clear(at);
    }
  }

  #slot(index: number): number {
    const at = index % this.size;
    if (this.#indices[at] !== (index | 0)) {
      this.#clear(at);
      this.#indices[at] = index;
    }
    return at;
  }

  #clear(at: number): void {
    this.#totals.fill(0, at * FIELDS, (at + 1) * FIELDS);
    if (this.#errors !== undefined) this.#errors[at] = 0;
    this.#cpu?.fill(0, at * CPU_FIELDS, (at + 1) * CPU_FIELDS);
  }

  #addErrors(at: number, errors: number): void {
    this.#errors ??= new Float64Array(this.size);
    this.#errors[at]! += errors;
  }

  #addCpuTo(totals: Totals, at: number, share: number): void {
    totals.cpuSum += this.#cpu![at * CPU_FIELDS]! * share;
    totals.cpuRequests += this.#cpu![at * CPU_FIELDS + 1]! * share;
  }

  #addCpu(at: number, cpuSeconds: number, requests: number): void {
    this.#cpu ??= new Float64Array(this.size * CPU_FIELDS);
    this.#cpu[at * CPU_FIELDS]! += cpuSeconds;
    this.#cpu[at * CPU_FIELDS + 1]! += requests;
  }
}

export function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, atLeast)));
}
