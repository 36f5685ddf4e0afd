/** What a request of the mean mix asks of an application. */
import type { Application, Call } from '../../simulator/application.ts';
import { visitsOf } from '../../simulator/application.ts';

/** Visits of one request of each chain, summed over the services. */
export function visitsByChain({ chains }: Application): number[] {
  return chains.map(({ root }) => visitsOf(root));
}

/** Mean core-seconds of one request at each service, the chains in the shares given (default: the application's). */
export function coreSecondsByService(
  { services, chains }: Application,
  shares: readonly number[] = chains.map(({ share }) => share),
): Float64Array {
  const coreSeconds = new Float64Array(services.length);
  const add = (call: Call, share: number): void => {
    coreSeconds[call.service]! += share * call.demandSeconds;
    for (const child of call.stages.flat()) add(child, share);
  };
  chains.forEach(({ root }, chain) => {
    add(root, shares[chain]!);
  });
  return coreSeconds;
}

/** Services, the one with the most CPU demand first. */
export function servicesByLoad(application: Application): number[] {
  const coreSeconds = coreSecondsByService(application);
  return [...coreSeconds.keys()].sort((a, b) => coreSeconds[b]! - coreSeconds[a]!);
}
