/**
 * The call trees of all chains in flat arrays. Calls are numbered so that those of a stage stand in a row, and so do the
 * stages of a call: the children of stage `s` are `[firstChild[s], firstChild[s + 1])`, the stages of call `c` are
 * `[firstStage[c], firstStage[c + 1])`.
 */
import type { Application, Call } from './application.ts';

export class CallTable {
  /** Number of each chain's root call. */
  readonly roots: Int32Array;
  readonly service: Int32Array;
  readonly chain: Int32Array;
  /** Place among the calls of its chain, breadth first: what chance is tied to. */
  readonly place: Int32Array;
  readonly demandSeconds: Float64Array;
  /** NaN: exponential. */
  readonly sigma: Float64Array;
  readonly waitSeconds: Float64Array;
  /** 1: uniform instead of exponential. */
  readonly isUniformWait: Uint8Array;
  readonly errorRatio: Float64Array;
  readonly firstStage: Int32Array;
  readonly firstChild: Int32Array;

  constructor({ chains, services }: Application) {
    // All roots stand before all other calls: between two stages there is nothing that belongs to neither.
    const calls: Call[] = chains.map(({ root }) => root);
    const chainOf = [...chains.keys()];
    const placeOf: number[] = [];
    const placed = chains.map(() => 0);
    const firstStage: number[] = [];
    const firstChild: number[] = [];
    // The list grows while it is walked: that is what makes the order breadth first.
    for (let number = 0; number < calls.length; number++) {
      const chain = chainOf[number]!;
      placeOf.push(placed[chain]!++);
      firstStage.push(firstChild.length);
      for (const stage of calls[number]!.stages) {
        if (stage.length === 0) continue;
        firstChild.push(calls.length);
        for (const child of stage) chainOf[calls.push(child) - 1] = chain;
      }
    }
    firstStage.push(firstChild.length);
    firstChild.push(calls.length);
    for (const call of calls) check(call, services.length);
    this.roots = Int32Array.from(chains.keys());
    this.service = Int32Array.from(calls, (call) => call.service);
    this.chain = Int32Array.from(chainOf);
    this.place = Int32Array.from(placeOf);
    this.demandSeconds = Float64Array.from(calls, (call) => call.demandSeconds);
    this.sigma = Float64Array.from(calls, (call) =>
      call.distribution === 'exponential' ? Number.NaN : call.sigma,
    );
    this.waitSeconds = Float64Array.from(calls, (call) => call.waitSeconds);
    this.isUniformWait = Uint8Array.from(calls, (call) => (call.waitDistribution === 'uniform' ? 1 : 0));
    this.errorRatio = Float64Array.from(calls, (call) => call.errorRatio);
    this.firstStage = Int32Array.from(firstStage);
    this.firstChild = Int32Array.from(firstChild);
  }
}

function check({ service, demandSeconds, sigma, waitSeconds }: Call, services: number): void {
  if (!(service >= 0 && service < services)) throw new RangeError(`a call to an unknown service: ${service}`);
  if (!(demandSeconds >= 0 && sigma >= 0 && waitSeconds >= 0)) {
    throw new RangeError('a call whose demand, sigma or wait is negative');
  }
}
