/** What all applications of the benchmark have in common. */
import type { Call, SimulatedService } from '../../simulator/application.ts';

/** Spread of a visit's CPU: with it the p95 is 2.2 times the mean. */
export const SIGMA = 0.6;

/**
 * A service as they all are: what the shipped configuration allows, one thread a visit (Go and threaded Thrift servers
 * take what comes), cores up to its bound at once.
 */
export function usualService(name: string): SimulatedService {
  return {
    name,
    parallelism: 4,
    threads: Number.POSITIVE_INFINITY,
    queueLimit: Number.POSITIVE_INFINITY,
    baseMemory: 160,
    memoryPerVisit: 0.5,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
  };
}

/** A visit that is nothing but its CPU and what it calls. */
export function usualCall(service: number, demandSeconds: number, stages: Call['stages']): Call {
  return { service, demandSeconds, sigma: SIGMA, waitSeconds: 0, errorRatio: 0, stages };
}
