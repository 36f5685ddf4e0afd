import type { Shape, SimulatedService } from '../../simulator/application.ts';

/** As few instances as can carry so many cores, each as large as can be; within the bounds. */
export function shapeOf(service: SimulatedService, cores: number): Shape {
  const { minCpu, maxCpu, minMemory, minInstances, maxInstances, parallelism } = service;
  const largest = Math.min(maxCpu, parallelism);
  const instances = Math.min(maxInstances, Math.max(minInstances, Math.ceil(cores / largest - 1e-9)));
  const cpu = Math.min(maxCpu, Math.max(minCpu, cores / instances));
  return { cpu, memory: Math.max(minMemory, service.baseMemory), instances };
}

/** What a service gets when it should have so many cores. */
export function givenCores(service: SimulatedService, cores: number): number {
  const { cpu, instances } = shapeOf(service, cores);
  return cpu * instances;
}
