import type { Application, Call } from '../../simulator/application.ts';
import type { KnownApplication, KnownCall } from '../policy.ts';

/** What whoever runs the application knows of it: no demand, no share, no spread. */
export function knownApplication({ name, services, chains }: Application): KnownApplication {
  return {
    name,
    services: services.map(({ name, minCpu, maxCpu, minMemory, maxMemory, minInstances, maxInstances }) => ({
      name,
      minCpu,
      maxCpu,
      minMemory,
      maxMemory,
      minInstances,
      maxInstances,
    })),
    chains: chains.map(({ name, root, sloSeconds }) => ({ name, root: knownCall(root), sloSeconds })),
  };
}

function knownCall({ service, stages }: Call): KnownCall {
  return { service, stages: stages.map((stage) => stage.map(knownCall)) };
}
