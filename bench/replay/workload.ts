import type { ChainSpec } from '../../src/models/data-models.ts';
import type { Distribution } from './random-variates.ts';

/** How one service behaves. */
export interface ServiceModel {
  readonly id: string;
  /** Cores that one instance can use at most. */
  readonly parallelism: number;
  /** CPU of one visit, core-seconds. */
  readonly demand: Distribution;
  /** Time of one visit that burns no CPU, s. */
  readonly waitSeconds: number;
}

/** One visit of a chain's requests to a service; a request pays it with this probability. */
export interface Step {
  readonly service: number;
  readonly probability: number;
}

/** Steps of the chain from `first` to before `end`, in sequence. */
export interface BranchRange {
  readonly first: number;
  readonly end: number;
}

export interface ChainModel {
  readonly id: string;
  /** Share of all requests. */
  readonly share: number;
  readonly steps: readonly Step[];
  /** Stages in sequence, the branches of a stage in parallel. */
  readonly stages: readonly (readonly BranchRange[])[];
}

/**
 * The simulator's view of a chain. A visit that is paid v times becomes v steps in sequence; a fraction left over
 * becomes a step with that probability.
 *
 * @throws Error for a service that has no model
 */
export function chainModel(chain: ChainSpec, share: number, services: readonly ServiceModel[]): ChainModel {
  const steps: Step[] = [];
  const stages = chain.stages.map((stage) =>
    stage.map((branch) => {
      const first = steps.length;
      for (const visit of branch)
        steps.push(...visitSteps(serviceIndex(services, visit.service), visit.visits));
      return { first, end: steps.length };
    }),
  );
  return { id: chain.id, share, steps, stages };
}

function visitSteps(service: number, visits: number): Step[] {
  const whole = Math.floor(visits);
  const steps = Array.from({ length: whole }, () => ({ service, probability: 1 }));
  return visits > whole ? [...steps, { service, probability: visits - whole }] : steps;
}

function serviceIndex(services: readonly ServiceModel[], id: string): number {
  const index = services.findIndex((service) => service.id === id);
  if (index < 0) throw new Error(`no model of service ${id}`);
  return index;
}
