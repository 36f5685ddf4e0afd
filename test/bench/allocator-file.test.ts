import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../bench/allocator/answer.ts';
import { parseProblem } from '../../bench/allocator/problem-file.ts';
import { solvePlan } from '../../src/components/resource-allocator/solve-plan.ts';
import type { PlanningProblem } from '../../src/models/plans.ts';
import { smallProblem } from '../components/resource-allocator/small-problems.ts';
import { type Answer, judge, type ProblemFile } from './problem-judge.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'allocator-file-'));

describe('a problem file', () => {
  it('is answered with figures that hold when they are worked out again from the file, on 300 random ones', () => {
    for (let seed = 0; seed < 300; seed++) {
      const problem = fileOf(smallProblem(seed));
      expectHolds(problem, answer(problem), `problem ${seed}`);
    }
  });

  it('is read and answered by the command, in one line of JSON at the end', () => {
    const problem = fileOf(smallProblem(7));
    const output = run(written(JSON.stringify(problem)));
    const last: Answer = JSON.parse(output.trim().split('\n').at(-1)!);
    expectHolds(problem, last, 'the command');
    expect(last.solve_ms).toBeGreaterThan(0);
  });

  it('ends the command with code 2 and no stack when it is wrong, with every fault in it', () => {
    const [services, chains] = [
      [service({ price: -1, min_cpu: 5 })],
      [{ id: 'c', stages: [[[visit('b')]]] }],
    ];
    const { status, stderr } = spawnSync(
      process.execPath,
      args(written(JSON.stringify({ services, chains }))),
      {
        encoding: 'utf8',
      },
    );
    expect(status).toBe(2);
    expect(stderr).toContain('services[0].price: found -1, allowed: a number from 0 on');
    expect(stderr).toContain('services[0].max_cpu: found 4, allowed: a number from 5 (min_cpu) on');
    expect(stderr).toContain('chains[0].slo: found nothing, allowed: a value; it must be given');
    expect(stderr).toContain(
      'chains[0].stages[0][0][0].service: found "b", allowed: the id of one of the services',
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('ends it so, too, when it is not there', () => {
    const { status, stderr } = spawnSync(process.execPath, args(join(FOLDER, 'none.json')), {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('none.json');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  const good = () => ({ services: [service()], chains: [chain()] });
  const faults: readonly (readonly [string, unknown, string])[] = [
    ['no object', [], 'file: found [], allowed: an object'],
    ['no services', { chains: [] }, 'services: found nothing, allowed: a value; it must be given'],
    [
      'an empty list of services',
      { ...good(), services: [] },
      'services: found [], allowed: a list with at least one entry',
    ],
    ['chains that are no list', { ...good(), chains: {} }, 'chains: found {}, allowed: a list'],
    ['a service that is no object', { ...good(), services: [3] }, 'services[0]: found 3, allowed: an object'],
    [
      'a service twice',
      { ...good(), services: [service(), service()] },
      'services[1].id: found "a", allowed: an id of its own; services[0].id has this one',
    ],
    [
      'a chain twice',
      { ...good(), chains: [chain(), chain()] },
      'chains[1].id: found "c", allowed: an id of its own; chains[0].id has this one',
    ],
    [
      'an exponent under 1',
      { ...good(), services: [service({ exponent: 0.5 })] },
      'services[0].exponent: found 0.5, allowed: a number from 1 on',
    ],
    [
      'half an instance',
      { ...good(), services: [service({ min_instances: 0.5 })] },
      'services[0].min_instances: found 0.5, allowed: a whole number from 1 on',
    ],
    [
      'fewer instances at most than at least',
      { ...good(), services: [service({ min_instances: 3, max_instances: 2 })] },
      'services[0].max_instances: found 2, allowed: a whole number from 3 (min_instances) on',
    ],
    [
      'no quantum',
      { ...good(), services: [service({ quantum: 0 })] },
      'services[0].quantum: found 0, allowed: a number above 0',
    ],
    [
      'a text for a number',
      { ...good(), services: [service({ price: '1' })] },
      'services[0].price: found "1", allowed: a number from 0 on',
    ],
    [
      'a chain without stages',
      { ...good(), chains: [chain({ stages: [] })] },
      'chains[0].stages: found [], allowed: a list with at least one entry',
    ],
    [
      'a stage without branches',
      { ...good(), chains: [chain({ stages: [[]] })] },
      'chains[0].stages[0]: found [], allowed: a list with at least one entry',
    ],
    [
      'a branch without visits',
      { ...good(), chains: [chain({ stages: [[[]]] })] },
      'chains[0].stages[0][0]: found [], allowed: a list with at least one entry',
    ],
    [
      'a negative rate',
      { ...good(), chains: [chain({ rate: -2 })] },
      'chains[0].rate: found -2, allowed: a number from 0 on',
    ],
    [
      'an SLO of 0',
      { ...good(), chains: [chain({ slo: 0 })] },
      'chains[0].slo: found 0, allowed: a number above 0',
    ],
    [
      'a null',
      { ...good(), chains: [chain({ composition: null })] },
      'chains[0].composition: found null, allowed: a number above 0',
    ],
  ];
  for (const [name, file, complaint] of faults) {
    it(`with ${name} is refused with where, what and what is allowed`, () => {
      expect(() => parseProblem(JSON.stringify(file))).toThrow(complaint);
    });
  }

  it('that is not JSON is refused', () => {
    expect(() => parseProblem('{')).toThrow(/^not JSON: /);
  });
});

function expectHolds(problem: ProblemFile, found: Answer, name: string): void {
  const verdict = judge(problem, found);
  expect(verdict.worstLatency, name).toBeLessThan(1e-6);
  expect(verdict.worstShapeLatency, name).toBeLessThan(1e-6);
  expect(verdict.worstBound, name).toBeLessThan(1e-9);
  expect(Math.abs(verdict.cost - found.cost), name).toBeLessThanOrEqual(1e-9 * verdict.cost);
  expect(Math.abs(verdict.shapeCost - found.shape_cost), name).toBeLessThanOrEqual(1e-9 * verdict.shapeCost);
  expect(found.gap, name).toBeLessThanOrEqual(1e-4);
  expect((found.cost - found.lower_bound) / found.cost, name).toBeLessThanOrEqual(1e-4);
  expect((found.cost - verdict.certified) / found.cost, name).toBeLessThanOrEqual(1.02e-4);
  expect(verdict.certified, name).toBeLessThanOrEqual(found.cost * (1 + 1e-6));
  expect(Object.keys(found.infeasible).sort(), name).toEqual(Object.keys(verdict.infeasible).sort());
  for (const [id, latency] of Object.entries(verdict.infeasible)) {
    if (latency === null) expect(found.infeasible[id], name).toBeNull();
    else expect(found.infeasible[id]! / latency, name).toBeCloseTo(1, 9);
  }
}

function answer(problem: ProblemFile): Answer {
  return JSON.parse(JSON.stringify(answerOf(solvePlan(parseProblem(JSON.stringify(problem))))));
}

function fileOf({ services, chains }: PlanningProblem): ProblemFile {
  return {
    services: services.map((s) => ({
      id: s.id,
      price: s.pricePerCore,
      instance_cost: s.instanceCost,
      min_cpu: s.minCpu,
      max_cpu: s.maxCpu,
      min_instances: s.minInstances,
      max_instances: s.maxInstances,
      quantum: s.quantum,
      exponent: s.exponent,
      vertical_exponent: s.verticalExponent,
    })),
    chains: chains.map(({ id, sloSeconds, rate, composition, stages }) => ({
      id,
      slo: sloSeconds,
      rate,
      composition,
      stages,
    })),
  };
}

function written(text: string): string {
  const file = join(FOLDER, 'problem.json');
  writeFileSync(file, text);
  return file;
}

function args(file: string): string[] {
  return ['--import', 'tsx', 'bench/allocator.ts', '--problem', file, '--json'];
}

function run(file: string): string {
  return execFileSync(process.execPath, args(file), { encoding: 'utf8' });
}

function service(changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    id: 'a',
    price: 100,
    instance_cost: 0,
    min_cpu: 0.1,
    max_cpu: 4,
    min_instances: 1,
    max_instances: 10,
    quantum: 0.05,
    exponent: 1,
    vertical_exponent: 0,
    ...changes,
  };
}

function visit(id: string): object {
  return { service: id, visits: 1, demand: 0.01, floor: 0.01, queueing: 0.01 };
}

function chain(changes: Readonly<Record<string, unknown>> = {}): object {
  return { id: 'c', slo: 0.1, rate: 10, composition: 1, stages: [[[visit('a')]]], ...changes };
}
