import type { Compiled } from './compile-program.ts';

/** Binding are the heaviest services that carry this share of a chain's latency together. */
const MOST_OF_IT = 0.8;

/** Finds for one chain after the other the services that carry most of its latency, given the services' waits. */
export class BindingServices {
  readonly #compiled: Compiled;
  readonly #waits: Float64Array;
  /** Services on the slowest way and their seconds, used again for every chain. */
  readonly #services: number[] = [];
  readonly #seconds: number[] = [];

  /** `waits` of the services that can be planned, in the program's order. */
  constructor(compiled: Compiled, waits: Float64Array) {
    this.#compiled = compiled;
    this.#waits = waits;
  }

  /** Ids on the slowest way of chain c of the program, the heaviest first. */
  of(c: number): string[] {
    const { services, structure } = this.#compiled;
    const total = this.#walk(structure.chainOrder[c]!);
    const ids: string[] = [];
    for (let carried = 0; carried < MOST_OF_IT * total && ids.length < this.#services.length; ) {
      const heaviest = this.#heaviest();
      ids.push(services[this.#services[heaviest]!]!.id);
      carried += this.#seconds[heaviest]!;
      this.#seconds[heaviest] = Number.NEGATIVE_INFINITY;
    }
    return ids;
  }

  /** Collects the services on the slowest way of chain c of the input; returns their seconds together. */
  #walk(c: number): number {
    const { branchStart, stageStart } = this.#compiled.structure;
    this.#services.length = 0;
    this.#seconds.length = 0;
    let total = 0;
    for (let i = stageStart[c]!; i < stageStart[c + 1]!; i++) {
      let slowest = branchStart[i]!;
      let time = 0;
      for (let b = branchStart[i]!; b < branchStart[i + 1]!; b++) {
        const own = this.#timeOfBranch(b);
        if (own <= time) continue;
        slowest = b;
        time = own;
      }
      if (time > 0) this.#collect(slowest);
      total += time;
    }
    return total;
  }

  #timeOfBranch(b: number): number {
    const { visitStart } = this.#compiled.structure;
    let time = 0;
    for (let j = visitStart[b]!; j < visitStart[b + 1]!; j++) time += this.#timeOfVisit(j);
    return time;
  }

  #timeOfVisit(j: number): number {
    const { constantWait, figures, structure } = this.#compiled;
    const s = structure.service[j]!;
    const constant = constantWait[s]!;
    const wait = Number.isNaN(constant) ? this.#waits[s]! : constant;
    return figures.visits[j]! * (figures.floor[j]! + figures.queueing[j]! * wait);
  }

  #collect(b: number): void {
    const { service, visitStart } = this.#compiled.structure;
    for (let j = visitStart[b]!; j < visitStart[b + 1]!; j++) {
      const known = this.#services.indexOf(service[j]!);
      if (known >= 0) this.#seconds[known] = this.#seconds[known]! + this.#timeOfVisit(j);
      else {
        this.#services.push(service[j]!);
        this.#seconds.push(this.#timeOfVisit(j));
      }
    }
  }

  /** Of equal ones that with the smaller number, which has the smaller id. */
  #heaviest(): number {
    let best = 0;
    for (let i = 1; i < this.#services.length; i++) {
      const lead = this.#seconds[i]! - this.#seconds[best]!;
      if (lead > 0 || (lead === 0 && this.#services[i]! < this.#services[best]!)) best = i;
    }
    return best;
  }
}
