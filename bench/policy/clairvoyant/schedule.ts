/** Capacities over time, as they are laid down in advance, and the policy that carries them out. */
import type { Application } from '../../simulator/application.ts';
import type { SimulatedSystem } from '../../simulator/system.ts';
import type { PolicyFactory } from '../policy.ts';
import { shapeOf } from './shapes.ts';

export interface Block {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** From that time until the next segment begins. */
export interface Segment {
  readonly fromSeconds: number;
  /** By service. */
  readonly cores: readonly number[];
}

/** In the order of time; what begins first holds before it too. */
export type Schedule = readonly Segment[];

export function segmentAt(schedule: Schedule, seconds: number): Segment {
  return schedule.findLast(({ fromSeconds }) => fromSeconds <= seconds) ?? schedule[0]!;
}

/** By service, over a stretch. */
export function meanCores(schedule: Schedule, { fromSeconds, toSeconds }: Block): readonly number[] {
  const sums = schedule[0]!.cores.map(() => 0);
  let since = fromSeconds;
  while (since < toSeconds) {
    const until = schedule.find((segment) => segment.fromSeconds > since)?.fromSeconds ?? Infinity;
    const seconds = Math.min(until, toSeconds) - since;
    for (const [service, cores] of segmentAt(schedule, since).cores.entries()) {
      sums[service]! += (cores * seconds) / (toSeconds - fromSeconds);
    }
    since += seconds;
  }
  return sums;
}

export function give(system: SimulatedSystem, { cores }: Segment): void {
  for (const [service, bounds] of system.application.services.entries()) {
    const { cpu, memory, instances } = shapeOf(bounds, cores[service]!);
    system.resize(service, cpu, memory);
    system.scale(service, instances);
  }
}

/** Segments begin at whole seconds at the earliest. */
export function scheduledPolicy(
  name: string,
  { services }: Application,
  schedule: Schedule,
): Pick<PolicyFactory, 'name' | 'create'> {
  return {
    name,
    create: ({ actuator }) => {
      let present: Segment | undefined;
      return {
        name,
        intervalSeconds: 1,
        step(nowSeconds) {
          const next = segmentAt(schedule, nowSeconds);
          if (next === present) return;
          present = next;
          for (const [service, bounds] of services.entries()) {
            const { cpu, memory, instances } = shapeOf(bounds, next.cores[service]!);
            actuator.resize(service, cpu, memory);
            actuator.scale(service, instances);
          }
        },
      };
    },
  };
}
