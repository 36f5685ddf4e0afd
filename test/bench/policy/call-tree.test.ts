import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CALL_COLUMNS,
  compareTags,
  type VisitTree,
  visitTree,
} from '../../../bench/policy/applications/call-tree.ts';
import { parseCsv } from '../../../bench/policy/applications/csv.ts';
import { callsCsv } from './applications.ts';

const service = fc.constantFrom('a', 'b', 'd', 'e', 'f');
const tree: fc.Arbitrary<VisitTree> = fc.letrec<{ tree: VisitTree }>((tie) => ({
  tree: fc.record({
    service,
    stages: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant([]),
      fc.array(fc.array(tie('tree'), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    ),
  }),
})).tree;

/** The rows of a visit's calls below a tag; every other stage stands in an inner span of its own. */
function rowsBelow(visit: VisitTree, tag: string): string[] {
  return visit.stages.flatMap((stage, step) => {
    const isInSpan = step % 2 === 1;
    // Tags against the order of the steps, so that the order comes from the steps.
    const stageTag = `${tag}.${visit.stages.length - step}`;
    const span = isInSpan ? [`${visit.service} ${visit.service} ${stageTag} c ${step}`] : [];
    const calls = stage.flatMap((call, i) => {
      const callTag = isInSpan ? `${stageTag}.${i}` : `${stageTag}${i}0`;
      return [
        `${visit.service} ${call.service} ${callTag} c ${isInSpan ? 7 : step}`,
        ...rowsBelow(call, callTag),
      ];
    });
    return [...span, ...calls];
  });
}

/** A service does not call itself in another visit: such a row is an inner span. */
function withoutSelfCalls(visit: VisitTree): VisitTree {
  const renamed = (call: VisitTree) =>
    call.service === visit.service ? { ...call, service: `${call.service}x` } : call;
  return {
    ...visit,
    stages: visit.stages.map((stage) => stage.map((call) => withoutSelfCalls(renamed(call)))),
  };
}

describe('a tree of visits', () => {
  it('comes back from its rows whatever it looks like, and in whatever order they are', () => {
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (drawn, keys) => {
        const wanted = withoutSelfCalls(drawn);
        const rows = [`${wanted.service} ${wanted.service} 1 c 1`, ...rowsBelow(wanted, '1')];
        const shuffled = rows.map((row) => ({ row, key: keys.next().value })).sort((p, q) => p.key - q.key);
        const text = callsCsv(...shuffled.map(({ row }) => row));
        expect(visitTree(parseCsv('calls.csv', text, CALL_COLUMNS))).toEqual(wanted);
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});

describe('tags', () => {
  it('are compared number by number', () => {
    expect(['1.10', '1.9', '2', '1', '1.9.1'].sort(compareTags)).toEqual(['1', '1.9', '1.9.1', '1.10', '2']);
  });
});
