import { describe, expect, test } from 'vitest';
import type { TargetState } from '../../../src/models/changes.ts';
import { statusFailure } from '../../../src/utils/kubernetes-utils/api/api-failure.ts';
import { pauseSeconds } from '../../../src/utils/kubernetes-utils/api/retry.ts';
import { conflictsOf } from '../../../src/utils/kubernetes-utils/change/conflicts.ts';
import { stepsOf } from '../../../src/utils/kubernetes-utils/change/steps.ts';

describe('the order of writes within a service', () => {
  test.each([
    ['nothing changes', [2, 1024, 3], [2, 1024, 3], []],
    ['instances alone', [2, 1024, 3], [2, 1024, 5], [['replicas']]],
    ['resources alone', [2, 1024, 3], [1, 1024, 3], [['resources']]],
    ['both grow', [1, 1024, 2], [2, 1024, 3], [['resources', 'replicas']]],
    ['both shrink', [2, 1024, 3], [1, 512, 2], [['resources', 'replicas']]],
    ['more, smaller instances: first more', [2, 1024, 2], [1, 1024, 4], [['replicas'], ['resources']]],
    ['fewer, larger instances: first larger', [1, 1024, 4], [2, 1024, 2], [['resources'], ['replicas']]],
    ['more instances with less memory', [1, 2048, 2], [2, 1024, 3], [['replicas'], ['resources']]],
  ])('%s', (_name, before, after, steps) => {
    expect(stepsOf(state(before), state(after))).toEqual(steps);
  });

  test('at no time is there less than both before and after', () => {
    for (const [before, after] of [
      [
        [2, 1024, 2],
        [1, 1024, 4],
      ],
      [
        [1, 1024, 4],
        [2, 1024, 2],
      ],
      [
        [1, 1024, 2],
        [3, 1024, 5],
      ],
    ] as const) {
      let now = state(before);
      const least = Math.min(capacity(now), capacity(state(after)));
      for (const write of stepsOf(now, state(after)).flat()) {
        now =
          write === 'replicas'
            ? { ...now, instances: after[2] }
            : { ...state(after), instances: now.instances };
        expect(capacity(now)).toBeGreaterThanOrEqual(least);
      }
    }
  });
});

test('conflicts are told by owner, with all fields of each', () => {
  const failure = statusFailure(409, {
    reason: 'Conflict',
    message: 'Apply failed with 3 conflicts',
    details: {
      causes: [
        cause('conflict with "helm" using apps/v1', '.spec.a'),
        cause('conflict with "kubectl" with subresource "scale" using apps/v1', '.spec.replicas'),
        cause('conflict with "helm" using apps/v1', '.spec.b'),
      ],
    },
  });
  expect(conflictsOf(failure)).toEqual(
    new Map([
      ['"helm"', ['.spec.a', '.spec.b']],
      ['"kubectl"', ['.spec.replicas']],
    ]),
  );
});

test('the pause grows up to a bound, is spread over all of it, and is never shorter than asked for', () => {
  const unreachable = { kind: 'unreachable', detail: '' } as const;
  expect([1, 2, 3, 20].map((attempt) => pauseSeconds(unreachable, attempt, () => 1))).toEqual([
    0.25, 0.5, 1, 10,
  ]);
  expect(pauseSeconds(unreachable, 5, () => 0)).toBe(0);
  expect(pauseSeconds(statusFailure(429, {}, 7), 1, () => 0.5)).toBe(7.125);
});

function cause(message: string, field: string): object {
  return { reason: 'FieldManagerConflict', message, field };
}

function state([cpu = 0, memory = 0, instances = 0]: readonly number[]): TargetState {
  return { requests: { cpu, memory }, limits: {}, instances };
}

function capacity({ requests, instances }: TargetState): number {
  return (requests.cpu ?? 0) * instances;
}
