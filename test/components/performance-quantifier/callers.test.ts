import { expect, it } from 'vitest';
import { callersIn, inOrderOfCalls } from '../../../src/components/performance-quantifier/callers.ts';
import type { ChainSpec } from '../../../src/models/data-models.ts';

function chainOf(...stages: string[][][]): ChainSpec {
  return {
    id: 'c',
    slo: { latencySeconds: 1, percentile: 0.95, objective: 0.95, priority: 1 },
    stages: stages.map((stage) => stage.map((branch) => branch.map((service) => ({ service, visits: 1 })))),
  };
}

it('a stage is called by the last services of the stage before, a later visit of a branch by the one before it', () => {
  const chain = chainOf([['front']], [['auth', 'vault'], ['cart']], [['pay']]);
  expect(callersIn(chain, 'front')).toEqual([]);
  expect(callersIn(chain, 'auth')).toEqual(['front']);
  expect(callersIn(chain, 'vault')).toEqual(['auth']);
  expect(callersIn(chain, 'pay')).toEqual(['vault', 'cart']);
  expect(callersIn(chain, 'unknown')).toEqual([]);
});

it('a service that follows itself is not its own caller', () => {
  expect(callersIn(chainOf([['auth'], ['cart']], [['auth']], [['auth']]), 'auth')).toEqual([]);
});

it('services are in the order of calls, with those that no chain names first', () => {
  const services = ['pay', 'vault', 'other', 'front', 'auth'];
  const chains = [chainOf([['front']], [['auth', 'vault']], [['pay']]), chainOf([['auth']])];
  expect(inOrderOfCalls(services, chains)).toEqual(['other', 'front', 'auth', 'vault', 'pay']);
});
