/**
 * Erms' latency targets (Luo et al., ASPLOS 2023, section 5.3): a chain's SLO is divided among its visits so that the
 * containers cost least. With n = a·γ/(T - b) containers for a visit of slope a, intercept b, workload γ and resource R
 * each, the Lagrange conditions for visits in sequence give
 *
 *   T_i = b_i + sqrt(a_i·γ_i·R_i) / Σ_j sqrt(a_j·γ_j·R_j) · (SLO - Σ_j b_j)
 *
 * A subtree is merged to one virtual visit with weight w = a·γ·R and intercept b: in sequence sqrt(w) and b add up, in
 * parallel (all have the same target) w adds up and the largest b counts.
 */
import type { KnownCall } from '../../policy.ts';
import type { LatencyProfile, Line } from './latency-profile.ts';

export interface VisitedService {
  readonly profile: LatencyProfile;
  /** Visits/s. */
  readonly workload: number;
  /** What one container costs, cores. */
  readonly resource: number;
}

/** A visit or what several are merged to. */
interface Virtual {
  readonly weight: number;
  readonly intercept: number;
}

interface Node {
  readonly service: number;
  readonly own: Virtual;
  readonly stages: readonly Stage[];
  readonly merged: Virtual;
}

interface Stage {
  readonly nodes: readonly Node[];
  readonly merged: Virtual;
}

/** Which of its two lines each service of a chain works on. */
type Sides = Map<number, 'below' | 'above'>;

const MOST_ROUNDS = 5;
/** Part of the SLO that is divided at least, when the intercepts leave less or nothing. */
const LEAST_HEADROOM = 0.05;

/**
 * Latency target of each service of a chain, s: the smallest one where it is visited several times. All begin on the
 * upper line; those whose target is met below the cut-off change to the lower one and the targets are worked out again.
 */
export function latencyTargets(
  root: KnownCall,
  services: ReadonlyMap<number, VisitedService>,
  sloSeconds: number,
): Map<number, number> {
  const sides: Sides = new Map([...services.keys()].map((service) => [service, 'above']));
  let targets = new Map<number, number>();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const merged = merge(root, services, sides);
    targets = new Map();
    divide(merged, Math.max(sloSeconds, merged.merged.intercept + LEAST_HEADROOM * sloSeconds), targets);
    if (!changeSides(sides, services, targets)) break;
  }
  return targets;
}

/** Containers that hold a service at a latency target; not whole. */
export function containersFor(profile: LatencyProfile, workload: number, targetSeconds: number): number {
  const { below, above, cutoff } = profile;
  const line = (targetSeconds - above.intercept) / above.slope <= cutoff ? below : above;
  const each = (targetSeconds - line.intercept) / line.slope;
  return each <= 0 ? Infinity : workload / each;
}

/** A visit on the upper line goes to the lower one when its target is met there, and stays. */
function changeSides(
  sides: Sides,
  services: ReadonlyMap<number, VisitedService>,
  targets: ReadonlyMap<number, number>,
): boolean {
  let changed = false;
  for (const [service, target] of targets) {
    const { above, cutoff } = services.get(service)!.profile;
    if (sides.get(service) === 'below' || (target - above.intercept) / above.slope > cutoff) continue;
    sides.set(service, 'below');
    changed = true;
  }
  return changed;
}

function merge(call: KnownCall, services: ReadonlyMap<number, VisitedService>, sides: Sides): Node {
  const { profile, workload, resource } = services.get(call.service)!;
  const line: Line = profile[sides.get(call.service)!];
  const own = { weight: line.slope * workload * resource, intercept: line.intercept };
  const stages = call.stages.map((stage): Stage => {
    const nodes = stage.map((child) => merge(child, services, sides));
    return { nodes, merged: inParallel(nodes.map(({ merged }) => merged)) };
  });
  return { service: call.service, own, stages, merged: inSequence([own, ...stages.map((it) => it.merged)]) };
}

function inSequence(parts: readonly Virtual[]): Virtual {
  const root = parts.reduce((sum, { weight }) => sum + Math.sqrt(weight), 0);
  return { weight: root ** 2, intercept: parts.reduce((sum, { intercept }) => sum + intercept, 0) };
}

function inParallel(parts: readonly Virtual[]): Virtual {
  const weight = parts.reduce((sum, part) => sum + part.weight, 0);
  return { weight, intercept: Math.max(...parts.map(({ intercept }) => intercept)) };
}

function divide(node: Node, seconds: number, targets: Map<number, number>): void {
  const headroom = seconds - node.merged.intercept;
  const share = ({ weight, intercept }: Virtual) =>
    intercept + (node.merged.weight > 0 ? Math.sqrt(weight / node.merged.weight) : 1) * headroom;
  targets.set(node.service, Math.min(targets.get(node.service) ?? Infinity, share(node.own)));
  for (const { nodes, merged } of node.stages) {
    for (const child of nodes) divide(child, share(merged), targets);
  }
}
