/**
 * What a request costs where, from the CPU of fitted windows alone. Latencies are never looked at.
 *
 * A visit's CPU is its configured work and what HTTP costs on top. Calling another service costs the caller CPU too, and
 * that is burned apart from the work: at other times, each in its own turn of the event loop.
 */
import { solveNonNegative } from '../../../src/components/performance-quantifier/non-negative-least-squares.ts';
import type { Stages } from '../../profile/measured-windows.ts';
import { type DemandFit, fitDemands, type UseSample } from './demand-fit.ts';
import type { MeasuredWindow } from './measured-windows.ts';

/** Mean configured work, ms, and the spread of a visit's work: the measurements' own description. */
const WORK: Readonly<Record<string, readonly number[]>> = {
  'user-registration': [2, 5],
  'order-processing': [2.8, 3, 4, 2.5],
  'subscription-management': [2.2, 3.2, 6],
};
export const SIGMA: Readonly<Record<string, number>> = {
  frontend: 0.6,
  auth: 0.8,
  payment: 0.5,
  catalog: 0.9,
  worker: 0.6,
};

/** The load generator, as if it was a service. */
export const CLIENT = 'client';

export interface Costs extends DemandFit {
  /** CPU of one call on the caller's side, sending and receiving, core-seconds. */
  readonly callSeconds: number;
}

export function fitCosts(windows: readonly MeasuredWindow[], stages: ReadonlyMap<string, Stages>): Costs {
  const services = fitDemands(windows.flatMap(({ uses }) => uses));
  const client = fitDemands(windows.map(clientUse));
  return {
    demands: new Map([...services.demands, ...client.demands]),
    rest: new Map([...services.rest, ...client.rest]),
    callSeconds: callSeconds(services, stages),
  };
}

/** What is neither service nor idle is the load generator and what serves it; it follows the rate of all chains together. */
export function clientUse({ window, chains, otherCores }: MeasuredWindow): UseSample {
  const rate = chains.reduce((sum, { ratePerSecond }) => sum + ratePerSecond, 0);
  return {
    service: CLIENT,
    window,
    usedCores: otherCores,
    limitCores: Infinity,
    rates: new Map([['any', rate]]),
  };
}

/** Least squares of the pairs' demands on their configured work, a constant, and how many services they call. */
function callSeconds({ demands }: DemandFit, stages: ReadonlyMap<string, Stages>): number {
  const gram = new Float64Array(9);
  const right = new Float64Array(3);
  for (const [chain, ofChain] of stages) {
    let visit = 0;
    for (const [stage, services] of ofChain.entries()) {
      const calls = ofChain[stage + 1]?.length ?? 0;
      for (const service of services) {
        const row = [(WORK[chain]?.[visit++] ?? 0) / 1000, 1e-3, calls * 1e-3];
        const demand = demands.get(service)?.get(chain) ?? 0;
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) gram[3 * i + j]! += row[i]! * row[j]!;
          right[i]! += row[i]! * demand;
        }
      }
    }
  }
  return solveNonNegative(gram, right)[2]! * 1e-3;
}
