/** Applications at random, for methods that must not know the one that they are tried on. */
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import type { Application, Call } from '../../simulator/application.ts';
import { usualSlo } from './unloaded.ts';
import { usualCall, usualService } from './usual.ts';

export interface RandomShape {
  readonly seed: number;
  /** Services at most; those that no chain comes to use are left out. */
  readonly services: number;
  readonly chains: number;
  /** Probability that a call goes to a service that is used already, in [0, 1]. */
  readonly sharing: number;
  /** Visits above each other at most, the first one included. */
  readonly depth: number;
  /** Calls that a visit makes at most; at least one above the last level. */
  readonly fanOut: number;
}

const LEAST_DEMAND = 0.0005;
const LARGEST_DEMAND = 0.008;
/** Probability that a call goes along with the one before. */
const PARALLEL = 0.5;

/** Chains of equal shares; demands of the visits are log-uniform from 0.5 to 8 ms, objectives by the usual rule. */
export function randomApplication(shape: RandomShape): Application {
  const growth: Growth = { shape, random: seededRandom(shape.seed), used: 0 };
  const chains = Array.from({ length: shape.chains }, (_, i) => {
    const root = grow(growth, [], new Map());
    return { name: `chain-${i}`, share: 1 / shape.chains, root, sloSeconds: usualSlo(root) };
  });
  const services = Array.from({ length: growth.used }, (_, i) => usualService(`service-${i}`));
  return { name: `random-${shape.seed}`, services, chains };
}

interface Growth {
  readonly shape: RandomShape;
  readonly random: Random;
  /** Services 0 … used − 1 are called by somebody. */
  used: number;
}

/** @param demands of the services in this chain, so far */
function grow(growth: Growth, above: readonly number[], demands: Map<number, number>): Call {
  const { shape, random } = growth;
  const service = chooseService(growth, above);
  const demand = demands.get(service) ?? LEAST_DEMAND * (LARGEST_DEMAND / LEAST_DEMAND) ** random();
  demands.set(service, demand);
  const path = [...above, service];
  const stages: Call[][] = [];
  const calls = path.length < shape.depth ? 1 + Math.floor(shape.fanOut * random()) : 0;
  for (let i = 0; i < calls && hasOther(growth, path); i++) {
    const child = grow(growth, path, demands);
    const together = stages.length > 0 && random() < PARALLEL;
    if (together) stages.at(-1)!.push(child);
    else stages.push([child]);
  }
  return usualCall(service, demand, stages);
}

/** No service calls one that waits for it. */
function chooseService(growth: Growth, above: readonly number[]): number {
  const { shape, random } = growth;
  const shared = Array.from({ length: growth.used }, (_, i) => i).filter((i) => !above.includes(i));
  const isNew = random() >= shape.sharing || shared.length === 0;
  if (isNew && growth.used < shape.services) return growth.used++;
  return shared[Math.floor(random() * shared.length)]!;
}

function hasOther({ shape }: Growth, path: readonly number[]): boolean {
  return path.length < shape.services;
}
