import type { Call } from '../../simulator/application.ts';
import type { Cell } from '../cell.ts';
import type { Block } from './schedule.ts';
import { requestsIn } from './stretch.ts';

/** CPU demand of each service in a block, cores: what its requests need on average, whoever runs them. */
export function demandsIn(cell: Cell, block: Block): readonly number[] {
  const { application, arrivals } = cell;
  const counts = application.chains.map(() => 0);
  const { first, end } = requestsIn(cell, block);
  for (let request = first; request < end; request++) counts[arrivals.chains[request]!]! += 1;
  const coreSeconds = application.services.map(() => 0);
  for (const [chain, { root }] of application.chains.entries()) addDemand(root, counts[chain]!, coreSeconds);
  const length = block.toSeconds - block.fromSeconds;
  return coreSeconds.map((sum, service) => (sum / length) * meanFactor(cell, service, block));
}

function addDemand(call: Call, times: number, coreSeconds: number[]): void {
  coreSeconds[call.service]! += times * call.demandSeconds;
  for (const child of call.stages.flat()) addDemand(child, times, coreSeconds);
}

/** Mean over the block of the factor that events put on a service's demand. */
function meanFactor({ events }: Cell, service: number, { fromSeconds, toSeconds }: Block): number {
  let factor = 1;
  let since = fromSeconds;
  let sum = 0;
  for (const event of events) {
    if (event.kind !== 'demand-factor' || event.service !== service || event.atSeconds >= toSeconds) continue;
    const at = Math.max(fromSeconds, event.atSeconds);
    sum += factor * (at - since);
    factor = event.factor;
    since = at;
  }
  return (sum + factor * (toSeconds - since)) / (toSeconds - fromSeconds);
}
