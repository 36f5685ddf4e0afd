/** What chance decides about a visit: the CPU it needs, its own wait, whether it answers with an error. */
import type { CallTable } from './call-table.ts';
import { DEMAND, ERROR, exponential, lognormal, uniform, visitKey, WAIT } from './chance.ts';

export class RandomDemand {
  readonly #calls: CallTable;

  constructor(calls: CallTable) {
    this.#calls = calls;
  }

  cpuSeconds(call: number, requestKey: number): number {
    const { demandSeconds, sigma, place } = this.#calls;
    const key = visitKey(requestKey, place[call]!);
    const spread = sigma[call]!;
    return demandSeconds[call]! * (spread >= 0 ? lognormal(key, spread) : exponential(key, DEMAND));
  }

  waitSeconds(call: number, requestKey: number): number {
    const { waitSeconds, isUniformWait, place } = this.#calls;
    const mean = waitSeconds[call]!;
    if (mean === 0) return 0;
    const key = visitKey(requestKey, place[call]!);
    return mean * (isUniformWait[call] === 1 ? 0.5 + uniform(key, WAIT) : exponential(key, WAIT));
  }

  isError(call: number, requestKey: number): boolean {
    const ratio = this.#calls.errorRatio[call]!;
    return ratio > 0 && uniform(visitKey(requestKey, this.#calls.place[call]!), ERROR) < ratio;
  }
}
