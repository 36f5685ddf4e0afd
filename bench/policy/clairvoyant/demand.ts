import type { Call } from '../../simulator/application.ts';
import type { Block, Truth } from './block-trials.ts';

/** CPU demand of each service in a block, cores: what its requests need on average, whoever runs them. */
export function demandsIn({ application, arrivals, demandFactor }: Truth, block: Block): readonly number[] {
  const counts = application.chains.map(() => 0);
  for (let index = 0; index < arrivals.timesSeconds.length; index++) {
    const seconds = arrivals.timesSeconds[index]!;
    if (seconds >= block.toSeconds) break;
    if (seconds >= block.fromSeconds) counts[arrivals.chains[index]!]! += 1;
  }
  const coreSeconds = application.services.map(() => 0);
  for (const [chain, { root }] of application.chains.entries()) addDemand(root, counts[chain]!, coreSeconds);
  const length = block.toSeconds - block.fromSeconds;
  return coreSeconds.map((sum, service) => (sum / length) * demandFactor(service, block.fromSeconds));
}

function addDemand(call: Call, times: number, coreSeconds: number[]): void {
  coreSeconds[call.service]! += times * call.demandSeconds;
  for (const child of call.stages.flat()) addDemand(child, times, coreSeconds);
}
