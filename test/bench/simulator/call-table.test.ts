import { expect, test } from 'vitest';
import type { Call } from '../../../bench/simulator/application.ts';
import { CallTable } from '../../../bench/simulator/call-table.ts';
import { call, service } from './small-application.ts';

const services = Array.from({ length: 6 }, () => service());

function chain(root: Call) {
  return { name: 'chain', share: 0.5, root, sloSeconds: 1 };
}

/** The tree as the table tells it. */
function tree(table: CallTable, number: number): Call {
  const stages: Call[][] = [];
  for (let stage = table.firstStage[number]!; stage < table.firstStage[number + 1]!; stage++) {
    const children: Call[] = [];
    for (let child = table.firstChild[stage]!; child < table.firstChild[stage + 1]!; child++) {
      children.push(tree(table, child));
    }
    stages.push(children);
  }
  return call(table.demandSeconds[number]!, { service: table.service[number]!, stages });
}

const chains = [
  call(1, {
    stages: [
      [call(2, { service: 1 }), call(3, { service: 2, stages: [[call(4, { service: 3 })]] })],
      [call(5, { service: 4 })],
    ],
  }),
  call(6, { service: 1 }),
  call(7, { service: 2, stages: [[call(8, { service: 5 })], [call(9), call(10)]] }),
];

test('the flat arrays hold the trees of all chains, and nothing of one in another', () => {
  const table = new CallTable({ name: 'three', services, chains: chains.map(chain) });
  expect(Array.from(table.roots, (root) => tree(table, root))).toEqual(chains);
  expect([...table.chain]).toEqual([0, 1, 2, 0, 0, 0, 2, 2, 2, 0]);
  expect([...table.place]).toEqual([0, 0, 0, 1, 2, 3, 1, 2, 3, 4]);
});

test('empty stages are left out', () => {
  const root = call(1, { stages: [[], [call(2)], []] });
  const table = new CallTable({ name: 'one', services, chains: [chain(root)] });
  expect(tree(table, 0)).toEqual(call(1, { stages: [[call(2)]] }));
});

test('calls of services that are not there are refused', () => {
  expect(() => new CallTable({ name: 'one', services, chains: [chain(call(1, { service: 6 }))] })).toThrow(
    RangeError,
  );
});
