/**
 * The tree of visits of a chain, out of its edges. An edge to another service is a visit; an edge inside a service is a
 * span of the visit it stands in, whose children the visit calls.
 */
import { badInput, type RowOf } from './csv.ts';
import { groupBy } from './group-by.ts';

export const CALL_COLUMNS = ['parentMS', 'childMS', 'tag', 'service', 'step'] as const;
export type CallRow = RowOf<(typeof CALL_COLUMNS)[number]>;

/** A visit by the name of its service; stages in sequence, the visits of a stage in parallel. */
export interface VisitTree {
  readonly service: string;
  readonly stages: readonly (readonly VisitTree[])[];
}

interface Edge {
  readonly tag: string;
  /** Empty when no row says it. */
  readonly parent: string;
  readonly child: string;
  readonly step: number;
}

/**
 * All edges at the top are one visit of the service where the chain enters. An edge whose parent row is missing stands
 * for that one too: its caller is there, in the order of the tags.
 *
 * @param rows of one chain, in any order, at least one
 */
export function visitTree(rows: readonly CallRow[]): VisitTree {
  const edges = withMissingParents(edgesByTag(rows));
  const children = groupBy(edges.values(), ({ tag }) => parentTag(tag));
  const top = sorted(children.get('') ?? []);
  const entry = top[0]!.parent || top[0]!.child;
  return { service: entry, stages: stagesOf(top, entry, children) };
}

/** Numbers between dots, compared one by one: 1.10 comes after 1.9. */
export function compareTags(a: string, b: string): number {
  const [left, right] = [a, b].map((tag) => tag.split('.').map(Number));
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const difference = (left![i] ?? -1) - (right![i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function edgesByTag(rows: readonly CallRow[]): Map<string, Edge> {
  const edges = new Map<string, Edge>();
  for (const row of rows) {
    const edge = edgeOf(row);
    const earlier = edges.get(edge.tag);
    if (earlier && !isSame(earlier, edge)) {
      const chain = row.cells.service;
      throw badInput(row, `another call at tag ${edge.tag} of ${chain}`, 'one call at each tag of a chain');
    }
    edges.set(edge.tag, edge);
  }
  return edges;
}

function edgeOf(row: CallRow): Edge {
  const { parentMS: parent, childMS: child, tag, service: chain, step } = row.cells;
  if (chain === '') throw badInput(row, 'no service', 'the name of the chain');
  if (child === '') throw badInput(row, 'no childMS', 'the name of the service that is called');
  if (!/^\d+(\.\d+)*$/.test(tag))
    throw badInput(row, `tag "${tag}"`, 'numbers with dots between them, as 1.2');
  if (!/^\d+(\.\d+)?$/.test(step)) throw badInput(row, `step "${step}"`, 'a number');
  return { tag, parent, child, step: Number(step) };
}

function isSame(a: Edge, b: Edge): boolean {
  return a.parent === b.parent && a.child === b.child && a.step === b.step;
}

function withMissingParents(edges: ReadonlyMap<string, Edge>): Map<string, Edge> {
  const complete = new Map(edges);
  for (const tag of [...edges.keys()].sort(compareTags)) {
    for (let edge = complete.get(tag)!; parentTag(edge.tag) !== ''; ) {
      const above = parentTag(edge.tag);
      const implied = { tag: above, parent: '', child: edge.parent || edge.child, step: lastOf(above) };
      const found = complete.get(above) ?? implied;
      complete.set(above, found);
      edge = found;
    }
  }
  return complete;
}

function stagesOf(
  siblings: readonly Edge[],
  within: string,
  children: ReadonlyMap<string, readonly Edge[]>,
): VisitTree[][] {
  const bySteps = groupBy(siblings, ({ step }) => step);
  return [...bySteps.keys()]
    .sort((a, b) => a - b)
    .flatMap((step) => side(sorted(bySteps.get(step)!).map((edge) => branchOf(edge, within, children))));
}

/** What an edge adds to the visit of `within`: one call, or the calls of an inner span. */
function branchOf(edge: Edge, within: string, children: ReadonlyMap<string, readonly Edge[]>): VisitTree[][] {
  const below = children.get(edge.tag) ?? [];
  const isInner = edge.child === (edge.parent || within);
  if (isInner) return stagesOf(below, within, children);
  return [[{ service: edge.child, stages: stagesOf(below, edge.child, children) }]];
}

/** Branches that begin together. Inner spans of several stages keep step with each other. */
function side(branches: readonly VisitTree[][][]): VisitTree[][] {
  const longest = Math.max(0, ...branches.map((stages) => stages.length));
  return Array.from({ length: longest }, (_, stage) => branches.flatMap((stages) => stages[stage] ?? []));
}

function sorted(edges: readonly Edge[]): Edge[] {
  return [...edges].sort((a, b) => compareTags(a.tag, b.tag));
}

function parentTag(tag: string): string {
  return tag.slice(0, Math.max(0, tag.lastIndexOf('.')));
}

function lastOf(tag: string): number {
  return Number(tag.slice(tag.lastIndexOf('.') + 1));
}
