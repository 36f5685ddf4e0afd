import type { Component } from './program.ts';
import type { Layout } from './structure.ts';

/** The program's order, and the components as ranges in it. */
export interface Found {
  readonly serviceOrder: Int32Array;
  readonly chainOrder: Int32Array;
  readonly components: readonly Component[];
}

/**
 * Puts services and chains that depend on each other side by side, each component in the order of its first service,
 * in it the services and chains in the order given. Chains without visits come last and belong to no component.
 */
export function findComponents(layout: Layout, serviceOrder: Int32Array, chainOrder: Int32Array): Found {
  const groups = joinVisits(layout, serviceOrder.length);
  const count = numberGroups(groups, serviceOrder);
  const serviceGroup = (s: number) => groups[s]!;
  const chainGroup = (c: number) => groupOfChain(layout, groups, c, count);
  const services = gather(serviceOrder, count, serviceGroup);
  const chains = gather(chainOrder, count, chainGroup);
  const components: Component[] = [];
  for (let g = 0; g < count; g++) {
    if (chains.start[g] === chains.start[g + 1]) continue;
    components.push({
      firstService: services.start[g]!,
      endService: services.start[g + 1]!,
      firstChain: chains.start[g]!,
      endChain: chains.start[g + 1]!,
    });
  }
  return { serviceOrder: services.order, chainOrder: chains.order, components };
}

/** Union-find over services: services that a chain visits together belong together. Returns parents. */
function joinVisits({ branchStart, service, stageStart, visitStart }: Layout, count: number): Int32Array {
  const parent = new Int32Array(count);
  for (let s = 0; s < count; s++) parent[s] = s;
  for (let c = 0; c + 1 < stageStart.length; c++) {
    const first = visitStart[branchStart[stageStart[c]!]!]!;
    const end = visitStart[branchStart[stageStart[c + 1]!]!]!;
    for (let j = first + 1; j < end; j++) {
      const a = root(parent, service[first]!);
      const b = root(parent, service[j]!);
      if (a !== b) parent[b] = a;
    }
  }
  return parent;
}

function root(parent: Int32Array, member: number): number {
  let at = member;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]!]!;
    at = parent[at]!;
  }
  return at;
}

/** Turns parents into group numbers, counted in the order given; returns their count. */
function numberGroups(parent: Int32Array, order: Int32Array): number {
  const roots = parent.map((_, s) => root(parent, s));
  const number = new Int32Array(parent.length).fill(-1);
  let count = 0;
  for (let at = 0; at < order.length; at++) {
    const group = roots[order[at]!]!;
    if (number[group] === -1) number[group] = count++;
  }
  for (let s = 0; s < parent.length; s++) parent[s] = number[roots[s]!]!;
  return count;
}

/** `none` for a chain without visits. */
function groupOfChain(layout: Layout, groups: Int32Array, c: number, none: number): number {
  const { branchStart, service, stageStart, visitStart } = layout;
  const first = visitStart[branchStart[stageStart[c]!]!]!;
  const end = visitStart[branchStart[stageStart[c + 1]!]!]!;
  return first < end ? groups[service[first]!]! : none;
}

/** Counting sort, stable: members of group g are [start[g], start[g + 1]) of the order. */
function gather(order: Int32Array, count: number, groupOf: (item: number) => number) {
  const start = new Int32Array(count + 2);
  for (let at = 0; at < order.length; at++) start[groupOf(order[at]!) + 1]!++;
  for (let g = 0; g <= count; g++) start[g + 1]! += start[g]!;
  const next = start.slice();
  const sorted = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) sorted[next[groupOf(order[at]!)]!++] = order[at]!;
  return { order: sorted, start };
}
