import type { Topology } from '../../models/data-models.ts';
import type { LatencyProfile } from '../../models/profiles.ts';
import { type Caller, type CallerWaits, meanWait } from './caller-waits.ts';
import { callersIn } from './callers.ts';
import type { PairModel } from './pair-fit.ts';

/** Reads what is known now of a service in a chain; undefined as long as it has no model. */
export type ReadCaller = (service: string, chain: string) => Caller | undefined;

/** Who calls a service in a chain, what is known of the callers, and what of their waits leaks into it. */
export class KnownCallers {
  /** ℓ. */
  leak = 0;
  private readonly read: ReadCaller;
  private topology: Topology | undefined;
  /** Names by chain and service, as far as they were asked for. */
  private readonly names = new Map<string, Map<string, readonly string[]>>();

  constructor(read: ReadCaller, topology: Topology | undefined) {
    this.read = read;
    this.topology = topology;
  }

  reconfigure(topology: Topology): void {
    this.topology = topology;
    this.names.clear();
  }

  /** For one fit: callers are read once a chain, when they are first asked for. */
  waitsOf(service: string): CallerWaits {
    const known = new Map<string, readonly Caller[]>();
    return (chain, startSeconds) => {
      let callers = known.get(chain);
      if (callers === undefined) {
        callers = this.callersOf(service, chain).map(([, caller]) => caller);
        known.set(chain, callers);
      }
      return meanWait(callers, startSeconds);
    };
  }

  /** What leaks into a service at a time, s. */
  leakedAt(service: string, chain: string, startSeconds: number): number {
    return this.leak === 0 ? 0 : this.leak * this.waitsOf(service)(chain, startSeconds);
  }

  /** ℓ of what each caller waits; they share it where there are several. */
  upstreamOf(service: string, chain: string, { source }: PairModel): Pick<LatencyProfile, 'upstream'> {
    if (this.leak === 0 || source === 'prior') return {};
    const callers = this.callersOf(service, chain);
    if (callers.length === 0) return {};
    const upstream = callers.map(([caller, { pair }]) => ({
      service: caller,
      queueingSeconds: (this.leak * pair.curve.queueingSeconds) / callers.length,
    }));
    return { upstream };
  }

  private callersOf(service: string, chain: string): readonly (readonly [string, Caller])[] {
    return this.namesOf(service, chain).flatMap((name) => {
      const caller = this.read(name, chain);
      return caller === undefined ? [] : [[name, caller] as const];
    });
  }

  private namesOf(service: string, chain: string): readonly string[] {
    const spec = this.topology?.chains.get(chain);
    if (spec === undefined) return [];
    let ofChain = this.names.get(chain);
    if (ofChain === undefined) {
      ofChain = new Map();
      this.names.set(chain, ofChain);
    }
    let names = ofChain.get(service);
    if (names === undefined) {
      names = callersIn(spec, service);
      ofChain.set(service, names);
    }
    return names;
  }
}
