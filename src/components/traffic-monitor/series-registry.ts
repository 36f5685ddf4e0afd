import type { Topology } from '../../models/data-models.ts';
import type { BucketSlab } from './bucket-slab.ts';
import type { Rejection } from './intake-counts.ts';
import { Series } from './series.ts';
import type { TimeGrid } from './time-grid.ts';

const LONGEST_ID = 253;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get in.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/** Which series may exist. */
export interface Admission {
  readonly topology: Topology | undefined;
  readonly unknown: 'reject' | 'learn';
  /** Configured pairs always have room; what is learned shares the rest. */
  readonly maxSeries: number;
  /** Whether a source tells of the service, or (undefined) of the chains end to end. */
  readonly isFed: (service: string | undefined) => boolean;
}

/** All series by name. Names are keys of Maps only: `__proto__` is a name like any other. */
export class SeriesRegistry {
  #admission: Admission;
  readonly #grid: TimeGrid;
  readonly #slab: BucketSlab;
  readonly #byService = new Map<string, Map<string, Series>>();
  readonly #endToEnd = new Map<string, Series>();
  readonly #byChain = new Map<string, Series[]>();
  #size = 0;
  /** How many of the series are learned: in no topology. */
  #learned = 0;

  constructor(admission: Admission, grid: TimeGrid, slab: BucketSlab) {
    this.#admission = admission;
    this.#grid = grid;
    this.#slab = slab;
  }

  get size(): number {
    return this.#size;
  }

  get admission(): Admission {
    return this.#admission;
  }

  /** `service` undefined: end to end. */
  find(service: string | undefined, chain: string): Series | undefined {
    return service === undefined ? this.#endToEnd.get(chain) : this.#byService.get(service)?.get(chain);
  }

  /** Every series of a chain, the end-to-end one included. */
  ofChain(chain: string): readonly Series[] {
    return this.#byChain.get(chain) ?? [];
  }

  *all(): Iterable<Series> {
    for (const ofChain of this.#byChain.values()) yield* ofChain;
  }

  /** The series of one chain after the other. */
  chains(): Iterable<readonly Series[]> {
    return this.#byChain.values();
  }

  /** Makes the series, or says why it may not exist. */
  admit(service: string | undefined, chain: string): Series | Rejection {
    const fault = this.#faultOf(service, chain);
    if (fault !== undefined) return fault;
    const isFull = this.#isConfigured(service, chain)
      ? this.#size >= this.#admission.maxSeries
      : this.#learned >= this.#roomForLearned;
    if (isFull) return 'too-many-series';
    const series = new Series(service, chain, this.#grid, this.#slab);
    series.isFed = this.#admission.isFed(service);
    this.#insert(series);
    return series;
  }

  /**
   * Takes other rules; series that they do not know are dropped, and so are the learned ones that were silent longest
   * where configured pairs now need the room. The others keep their data.
   */
  reconfigure(admission: Admission): void {
    const before = [...this.all()];
    this.#admission = admission;
    for (const series of before) series.isFed = admission.isFed(series.service);
    this.#learned = before.filter((series) => !this.#isConfigured(series.service, series.chain)).length;
    for (const series of before) {
      if (this.#faultOf(series.service, series.chain) !== undefined) this.#remove(series);
    }
    const learned = [...this.all()].filter((series) => !this.#isConfigured(series.service, series.chain));
    learned.sort((a, b) => a.lastSeconds - b.lastSeconds);
    const tooMany = Math.max(0, learned.length - this.#roomForLearned);
    for (const series of learned.slice(0, tooMany)) this.#remove(series);
  }

  /** Drops the series whose last record is older than the given time. */
  dropSilent(sinceSeconds: number): void {
    for (const series of [...this.all()]) {
      if (series.lastSeconds < sinceSeconds) this.#remove(series);
    }
  }

  #faultOf(service: string | undefined, chain: string): Rejection | undefined {
    if (!isId(chain) || (service !== undefined && !isId(service))) return 'invalid-id';
    const { topology, unknown } = this.#admission;
    if (unknown === 'learn') return undefined;
    const spec = service === undefined ? undefined : topology?.services.get(service);
    if (service !== undefined && spec === undefined) return 'unknown-service';
    if (topology?.chains.has(chain) !== true) return 'unknown-chain';
    return spec === undefined || spec.chains.includes(chain) ? undefined : 'chain-not-listed';
  }

  #isConfigured(service: string | undefined, chain: string): boolean {
    const { topology } = this.#admission;
    if (topology?.chains.has(chain) !== true) return false;
    return service === undefined || topology.services.get(service)?.chains.includes(chain) === true;
  }

  get #roomForLearned(): number {
    const { topology, maxSeries } = this.#admission;
    return topology === undefined ? maxSeries : maxSeries - configuredPairs(topology);
  }

  #insert(series: Series): void {
    this.#size++;
    if (!this.#isConfigured(series.service, series.chain)) this.#learned++;
    const ofChain = this.#byChain.get(series.chain);
    if (ofChain === undefined) this.#byChain.set(series.chain, [series]);
    else ofChain.push(series);
    if (series.service === undefined) {
      this.#endToEnd.set(series.chain, series);
      return;
    }
    const ofService = this.#byService.get(series.service);
    if (ofService === undefined) this.#byService.set(series.service, new Map([[series.chain, series]]));
    else ofService.set(series.chain, series);
  }

  #remove(series: Series): void {
    this.#size--;
    if (!this.#isConfigured(series.service, series.chain)) this.#learned--;
    series.release();
    const rest = this.ofChain(series.chain).filter((other) => other !== series);
    if (rest.length === 0) this.#byChain.delete(series.chain);
    else this.#byChain.set(series.chain, rest);
    if (series.service === undefined) this.#endToEnd.delete(series.chain);
    else this.#removeAtService(series.service, series.chain);
  }

  #removeAtService(service: string, chain: string): void {
    const ofService = this.#byService.get(service);
    ofService?.delete(chain);
    if (ofService?.size === 0) this.#byService.delete(service);
  }
}

/** Each chain at each service that lists it, and each chain end to end. */
function configuredPairs({ services, chains }: Topology): number {
  return [...services.values()].reduce((sum, service) => sum + service.chains.length, chains.size);
}

function isId(name: string): boolean {
  return (
    typeof name === 'string' && name.length > 0 && name.length <= LONGEST_ID && !CONTROL_CHARACTER.test(name)
  );
}
