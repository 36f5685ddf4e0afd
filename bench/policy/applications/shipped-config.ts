/** The services, chains and objectives of the shipped configuration as an application. */
import { join } from 'node:path';
import { loadSettings } from '../../../src/config/load.ts';
import type { Branch, ChainSpec, ServiceSpec, Topology } from '../../../src/models/data-models.ts';
import { SCENARIO } from '../../demo/scenario.ts';
import type { Application, Call, SimulatedService } from '../../simulator/application.ts';
import { usualCall, usualService } from './usual.ts';

const FILE = join(import.meta.dirname, '../../../config/config.yaml');

/** Mean CPU of a visit, core-seconds: those of the demo. With them the objectives are three times the p95 without load. */
const DEMANDS: Readonly<Record<string, number>> = {
  'auth-service': SCENARIO.demands.authDemand,
  'payment-service': SCENARIO.demands.paymentDemand,
};

/** Visits/s in the mean: more would need more than the configuration lets the services have when the traffic peaks. */
export const SHIPPED_MEAN_VISITS = 120;

export function shippedApplication(): Application {
  return applicationOf(loadSettings({ file: FILE, flags: {}, environment: {} }).topology);
}

function applicationOf(topology: Topology): Application {
  const ids = [...topology.services.keys()];
  const chains = [...topology.chains.values()];
  return {
    name: 'shipped-config',
    services: [...topology.services.values()].map(serviceOf),
    chains: chains.map((chain) => ({
      name: chain.id,
      share: 1 / chains.length,
      root: rootOf(chain, ids),
      sloSeconds: chain.slo.latencySeconds,
    })),
  };
}

function serviceOf(spec: ServiceSpec): SimulatedService {
  const { id, parallelism, minCpu, maxCpu, minMemory, maxMemory, minInstances, maxInstances } = spec;
  const bounds = { minCpu, maxCpu, minMemory, maxMemory, minInstances, maxInstances };
  return { ...usualService(id), parallelism, ...bounds };
}

/** The first visit calls all that follows. */
function rootOf(chain: ChainSpec, ids: readonly string[]): Call {
  const [first, ...others] = chain.stages.map((stage) => stage.map((branch) => lineOf(branch, ids)));
  if (first?.length !== 1)
    throw new Error(`chain ${chain.id}: found branches at its start, allowed: one service`);
  const [entry] = first;
  return { ...entry!, stages: [...entry!.stages, ...others] };
}

/** Services in sequence as calls of the first of them. */
function lineOf(branch: Branch, ids: readonly string[]): Call {
  const calls = branch.flatMap(({ service, visits }) => {
    if (!Number.isInteger(visits))
      throw new Error(`${service}: found ${visits} visits, allowed: a whole number`);
    const demand = DEMANDS[service];
    if (demand === undefined)
      throw new Error(`${service}: found no CPU demand for it, allowed: ${Object.keys(DEMANDS)}`);
    return Array.from({ length: visits }, () => usualCall(ids.indexOf(service), demand, []));
  });
  const [first, ...others] = calls;
  return { ...first!, stages: others.map((call) => [call]) };
}
