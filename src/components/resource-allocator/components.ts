import type { PlanningChain, PlanningService } from '../../models/plans.ts';
import type { ChainRows, Component } from './program.ts';

/** Everything in the order of the components. */
export interface Ordered {
  readonly services: readonly PlanningService[];
  readonly chains: readonly PlanningChain[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly demand: Float64Array;
  readonly rows: ChainRows;
  readonly serialFloor: Float64Array;
  readonly components: readonly Component[];
}

/**
 * Puts services and chains that depend on each other side by side, each component in the order of its smallest
 * service, and relabels the visits.
 */
export function orderByComponent(
  rows: ChainRows,
  serialFloor: Float64Array,
  services: readonly PlanningService[],
  chains: readonly PlanningChain[],
  demand: Float64Array,
): Ordered {
  const groups = new Groups(services.length);
  const anchors = Int32Array.from(chains, (_, c) => joinVisits(rows, groups, c));
  const serviceGroup = Int32Array.from(services, (_, s) => groups.find(s));
  const chainGroup = anchors.map((s) => (s < 0 ? services.length : groups.find(s)));
  const serviceOrder = orderBy(serviceGroup);
  const chainOrder = orderBy(chainGroup);
  const place = new Int32Array(services.length);
  for (const [at, s] of serviceOrder.entries()) place[s] = at;
  for (let j = 0; j < rows.scratch; j++) rows.visitService[j] = place[rows.visitService[j]!]!;
  const orderedServices = Array.from(serviceOrder, (s) => services[s]!);
  return {
    services: orderedServices,
    chains: Array.from(chainOrder, (c) => chains[c]!),
    numbers: new Map(orderedServices.map((service, s) => [service.id, s])),
    demand: demand.map((_, at) => demand[serviceOrder[at]!]!),
    rows: reorderRows(rows, chainOrder),
    serialFloor: serialFloor.map((_, at) => serialFloor[chainOrder[at]!]!),
    components: ranges(serviceGroup, serviceOrder, chainGroup, chainOrder),
  };
}

/** Joins the services of chain c; returns one of them, −1 when it has none. */
function joinVisits(rows: ChainRows, groups: Groups, c: number): number {
  const first = rows.serialStart[c]!;
  const lastStage = rows.stageEnd[c]! - 1;
  const end =
    lastStage < rows.stageStart[c]!
      ? rows.serialEnd[c]!
      : rows.branchVisitEnd[rows.branchStart[lastStage + 1]! - 1]!;
  for (let j = first + 1; j < end; j++) groups.join(rows.visitService[first]!, rows.visitService[j]!);
  return first < end ? rows.visitService[first]! : -1;
}

/** Indices by group, stable. */
function orderBy(group: Int32Array): Int32Array {
  const order = Int32Array.from(group.keys());
  if (group.every((value, i) => i === 0 || group[i - 1]! <= value)) return order;
  return order.sort((a, b) => group[a]! - group[b]! || a - b);
}

function reorderRows(rows: ChainRows, order: Int32Array): ChainRows {
  const pick = (column: Int32Array) => order.map((c) => column[c]!);
  return {
    ...rows,
    ceiling: rows.ceiling.map((_, at) => rows.ceiling[order[at]!]!),
    serialStart: pick(rows.serialStart),
    serialEnd: pick(rows.serialEnd),
    stageStart: pick(rows.stageStart),
    stageEnd: pick(rows.stageEnd),
  };
}

function ranges(
  serviceGroup: Int32Array,
  serviceOrder: Int32Array,
  chainGroup: Int32Array,
  chainOrder: Int32Array,
): Component[] {
  const components: Component[] = [];
  let chain = 0;
  for (let start = 0; start < serviceOrder.length; ) {
    const group = serviceGroup[serviceOrder[start]!]!;
    let end = start;
    while (end < serviceOrder.length && serviceGroup[serviceOrder[end]!] === group) end++;
    const firstChain = chain;
    while (chain < chainOrder.length && chainGroup[chainOrder[chain]!] === group) chain++;
    if (chain > firstChain) {
      components.push({ firstService: start, endService: end, firstChain, endChain: chain });
    }
    start = end;
  }
  return components;
}

/** Union-find over services: services that a chain visits together belong together. */
class Groups {
  readonly #parent: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, i) => i);
  }

  /** The smallest member of the group that `member` is in. */
  find(member: number): number {
    let root = member;
    while (this.#parent[root] !== root) root = this.#parent[root]!;
    for (let at = member; at !== root; ) {
      const next = this.#parent[at]!;
      this.#parent[at] = root;
      at = next;
    }
    return root;
  }

  join(one: number, other: number): void {
    const a = this.find(one);
    const b = this.find(other);
    this.#parent[Math.max(a, b)] = Math.min(a, b);
  }
}
