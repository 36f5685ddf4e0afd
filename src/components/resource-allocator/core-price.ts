import type { Compiled } from './compile-program.ts';
import { endOfVisits } from './repair.ts';

/**
 * What a core costs more or less in the services of chain c, with its share of an instance: the mean over its visits
 * by the time that they wait.
 */
export function corePriceIn({ program }: Compiled, waits: Float64Array, c: number): number {
  const { chains, services } = program;
  let price = 0;
  let time = 0;
  const end = endOfVisits(program, c);
  for (let j = chains.serialStart[c]!; j < end; j++) {
    const s = chains.visitService[j]!;
    const own = chains.visitWeight[j]! * waits[s]!;
    const isAbove = waits[s]! < services.waitMiddle[s]!;
    price += own * (isAbove ? services.priceAbove[s]! : services.priceBelow[s]!);
    time += own;
  }
  return price > 0 ? price / time : 1;
}
