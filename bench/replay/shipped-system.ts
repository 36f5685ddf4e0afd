/** The services and chains of the shipped config/config.yaml, and how the simulation lets them behave. */
import type { ChainSpec } from '../../src/models/data-models.ts';
import type { PoolShape } from './server-pool.ts';
import { type ChainModel, chainModel, type ServiceModel } from './workload.ts';

export interface SimulatedSystem {
  readonly services: readonly ServiceModel[];
  readonly chains: readonly ChainModel[];
  /** p95 objective, s, in the order of `chains`. */
  readonly slosSeconds: readonly number[];
  /** The upper bounds of every service. */
  readonly maxShape: PoolShape;
}

export interface SystemChoice {
  /** Mean CPU of one visit, core-seconds. */
  readonly authDemand: number;
  readonly paymentDemand: number;
}

const SLOS = { 'user-registration': 0.2, 'order-processing': 0.5, 'subscription-management': 0.3 };
const SHARES = { 'user-registration': 0.3, 'order-processing': 0.4, 'subscription-management': 0.3 };
const LINES = {
  'user-registration': ['auth-service'],
  'order-processing': ['auth-service', 'payment-service'],
  'subscription-management': ['payment-service'],
};
const CHAINS = ['user-registration', 'order-processing', 'subscription-management'] as const;

/** CPU demands are lognormal with sigma 0.6 (p95 = 2.2 × mean), and 2 ms of each visit burn no CPU. */
export function shippedSystem(choice: SystemChoice): SimulatedSystem {
  const services = [
    service('auth-service', choice.authDemand),
    service('payment-service', choice.paymentDemand),
  ];
  return {
    services,
    chains: CHAINS.map((id) => chainModel(chainSpec(id), SHARES[id], services)),
    slosSeconds: CHAINS.map((id) => SLOS[id]),
    maxShape: { cpu: 4, instances: 10 },
  };
}

function service(id: string, mean: number): ServiceModel {
  return { id, parallelism: 4, demand: { kind: 'lognormal', mean, sigma: 0.6 }, waitSeconds: 0.002 };
}

export function chainSpec(id: (typeof CHAINS)[number]): ChainSpec {
  return {
    id,
    stages: LINES[id].map((service) => [[{ service, visits: 1 }]]),
    slo: { latencySeconds: SLOS[id], percentile: 0.95, objective: 0.95, priority: 1 },
  };
}
