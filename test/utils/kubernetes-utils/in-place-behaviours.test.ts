import { expect, test, vi } from 'vitest';
import type { Change, ChangeOutcome } from '../../../src/models/changes.ts';
import type { Executor } from '../../../src/models/ports.ts';
import type { ApiServer } from '../../kubernetes-api/api-server.ts';
import { changeTo, NAMESPACE, serviceWith, startCluster } from './cluster.ts';
import {
  IN_PLACE,
  type InPlaceBehaviour,
  SMALL,
  sizesOf,
  startSmall,
  templateOf,
  uidsOf,
} from './in-place-behaviours.ts';

const WANTED = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1500m', memory: '1536Mi' } };

test.each(IN_PLACE.map((behaviour) => [behaviour.when, behaviour.answer, behaviour] as const))(
  '%s: %s',
  { timeout: 20_000 },
  async (_when, answer, behaviour) => {
    const { server, executor } = await startCluster(behaviour.cluster ?? {}, {
      ...behaviour.connecting,
      settings: { verifyTimeout: 3, ...behaviour.connecting?.settings },
    });
    server.newPods(NAMESPACE, 'auth-service', behaviour.pods ?? 'ready');
    await startSmall(server, behaviour.deployment ?? {}, behaviour.handedOver === true);
    const uids = uidsOf(server);
    const template = templateOf(server);
    behaviour.prepare?.(server);
    const outcome = await perform(executor, server, behaviour);
    expect({ kind: outcome.kind, reason: outcome.reason }).toEqual({
      kind: answer,
      reason: expect.stringMatching(behaviour.says),
    });
    const sizes = sizesOf(server);
    if (behaviour.left === 'before') expect(sizes).toEqual([SMALL, SMALL]);
    if (behaviour.left === 'resized') expect(sizes).toEqual([WANTED, WANTED]);
    if (behaviour.left === 'resized' && behaviour.afterWrite === undefined)
      expect(uidsOf(server)).toEqual(uids);
    if (behaviour.left === 'rolled') expect(templateOf(server)).toEqual(WANTED);
    else expect(templateOf(server)).toEqual(template);
  },
);

async function perform(
  executor: Executor,
  server: ApiServer,
  behaviour: InPlaceBehaviour,
): Promise<ChangeOutcome> {
  const { cpu, memory, instances } = behaviour.to ?? { cpu: 1, memory: 1024, instances: 2 };
  const change: Change = changeTo(cpu, memory, instances, { service: serviceWith({ mode: 'in-place' }) });
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') return checked;
  behaviour.meanwhile?.(server);
  const carrying = executor.carryOut(change, checked.before);
  if (behaviour.afterWrite !== undefined) {
    await vi.waitFor(() => expect(sizesOf(server)[0]).toEqual(WANTED), { timeout: 5000, interval: 5 });
    behaviour.afterWrite(server);
  }
  return carrying;
}
