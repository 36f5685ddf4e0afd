import type { Random } from '../../src/models/ports.ts';
import type { ProcessorSharingServer } from './processor-sharing.ts';
import { draw } from './random-variates.ts';
import type { ChainModel, ServiceModel } from './workload.ts';

/** A request on its way through its chain. */
export interface RequestInFlight {
  readonly chain: number;
  readonly startedSeconds: number;
  /** CPU of every step, core-seconds; NaN for a step that this request does not pay. */
  readonly demands: readonly number[];
  stage: number;
  /** Branches of the present stage that are not done. */
  openBranches: number;
  failed: boolean;
}

/** One visit under way at a service. */
export interface VisitInFlight {
  readonly request: RequestInFlight;
  readonly service: number;
  readonly server: ProcessorSharingServer;
  readonly step: number;
  readonly branchEnd: number;
  readonly arrivedSeconds: number;
  readonly cpuSeconds: number;
  /** `computing` until the CPU part is done, then `waiting`, then `done`; a time-out makes it `abandoned`. */
  state: 'computing' | 'waiting' | 'done' | 'abandoned';
}

/**
 * Everything that chance decides about a request is decided here, when it arrives. So the same seed gives the same
 * requests whatever capacity they meet, and two allocations are compared on the very same work.
 */
export function newRequest(
  chain: number,
  model: ChainModel,
  services: readonly ServiceModel[],
  startedSeconds: number,
  random: Random,
): RequestInFlight {
  const demands = model.steps.map(({ service, probability }) => {
    const paid = probability >= 1 || random() < probability;
    const demand = draw(services[service]!.demand, random);
    return paid ? demand : Number.NaN;
  });
  return { chain, startedSeconds, demands, stage: -1, openBranches: 0, failed: false };
}
