import { describe, expect, test } from 'vitest';
import type { Change, TargetState } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import type { Fault } from '../../kubernetes-api/faults.ts';
import { changeTo, createDeployment, rolledOut, startCluster } from './cluster.ts';

const PATCH = { method: 'PATCH', resource: 'deployments', subresource: '', dryRun: false };
const GET = { verb: 'get', resource: 'deployments' } as const;

describe('a patch of which no answer came, and what it left cannot be read', () => {
  test('ends at once where reading is not allowed any more', async () => {
    const { outcome, reads, seconds } = await lostPatch({ kind: 'status', code: 403 }, 1200);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(
        /^it is not known whether it was written: the connection .* broke .*; then the right is missing \(403/,
      ),
    });
    expect(reads).toBeLessThan(12);
    expect(seconds).toBeLessThan(30);
  });

  test('is looked for with pauses, and not for ever', async () => {
    const busy: Fault = { kind: 'status', code: 429, retryAfterSeconds: 600 };
    const { outcome, reads, seconds } = await lostPatch(busy, 20);
    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^it is not known whether it was written: the connection/),
    });
    expect(reads).toBeLessThan(12);
    expect(seconds).toBeGreaterThan(0.9);
  });
});

test('a change that a restart cut short is failed, and unknown, where the right to read is gone', async () => {
  const { server, executor, connect } = await startCluster();
  createDeployment(server);
  await rolledOut(server);
  const change = changeTo(1, 1024, 2);
  const before = await ready(executor, change);
  const token = server.addToken([{ verbs: ['*'], apiGroups: [''], resources: ['pods'] }]);
  const again = await connect({ token });
  expect(await again.resume(change, before)).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(/^it is not known what became of it: the right is missing \(403/),
  });
}, 20_000);

async function lostPatch(then: Fault, verifyTimeout: number) {
  const { server, executor } = await startCluster(
    {},
    { clock: systemClock(20), settings: { verifyTimeout } },
  );
  createDeployment(server);
  await rolledOut(server);
  const change = changeTo(1, 1024, 2);
  const before = await ready(executor, change);
  server.faults.add(PATCH, { kind: 'drop', when: 'after' }, 1);
  // It is read once before the change, and once before the patch.
  server.faults.add(GET, { kind: 'slow', milliseconds: 1 }, 2);
  server.faults.add(GET, then);
  const reads = server.count(GET);
  const start = performance.now();
  const outcome = await executor.carryOut(change, before);
  return { outcome, reads: server.count(GET) - reads, seconds: (performance.now() - start) / 1000 };
}

async function ready(executor: Executor, change: Change): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}
