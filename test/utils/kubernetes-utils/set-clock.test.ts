import { describe, expect, test, vi } from 'vitest';
import type { Change, TargetState } from '../../../src/models/changes.ts';
import type { Clock, Executor } from '../../../src/models/ports.ts';
import { SteadyClock } from '../../../src/utils/kubernetes-utils/steady-clock.ts';
import { systemClock } from '../../../src/utils/system-clock.ts';
import { DEPLOYMENTS, PODS } from '../../kubernetes-api/resource-types.ts';
import { changeTo, createDeployment, NAMESPACE, rolledOut, startCluster } from './cluster.ts';

const PATCH = { method: 'PATCH', resource: 'deployments', subresource: '', dryRun: false };
const DAY = 86_400;

describe.each([
  ['forth', DAY],
  ['back', -DAY],
])('a clock that is set a day %s while a change is made', (_way, jump) => {
  test('ends no wait for a healthy rollout', async () => {
    const { server, executor, clock, change, before } = await checkedChange(1);
    server.newPods(NAMESPACE, 'auth-service', 'unready');
    const carrying = executor.carryOut(change, before);
    await server.until(DEPLOYMENTS, NAMESPACE, 'auth-service', ({ metadata }) => metadata.generation === 2);
    clock.set(jump);
    await pause(700);
    server.newPods(NAMESPACE, 'auth-service', 'ready');
    for (const pod of server.objects.list(PODS, NAMESPACE))
      server.objects.remove(PODS, NAMESPACE, pod.metadata.name);
    expect(await carrying).toEqual({
      kind: 'applied',
      reason: expect.stringMatching(/^Deployment shop\/auth-service runs 2 × 1 and 1Gi after [0-4] s$/),
    });
  });

  test('does not keep what does not come up from being put back', async () => {
    const { server, executor, clock, change, before } = await checkedChange(20);
    server.newPods(NAMESPACE, 'auth-service', 'crash-loop');
    server.faults.add(PATCH, { kind: 'slow', milliseconds: 1 }, 1);
    const refused = server.faults.add(PATCH, { kind: 'status', code: 503 }, 8);
    const carrying = executor.carryOut(change, before);
    await vi.waitFor(() => expect(refused.hits).toBeGreaterThan(1), { interval: 5, timeout: 5000 });
    clock.set(jump);
    expect(await carrying).toMatchObject({ kind: 'restored' });
  });

  test('does not give up a patch of which nobody has told what became', async () => {
    const { server, executor, clock, change, before } = await checkedChange(20);
    server.faults.add(PATCH, { kind: 'drop', when: 'after' }, 1);
    server.faults.add({ verb: 'get', resource: 'deployments' }, { kind: 'slow', milliseconds: 1 }, 2);
    const away = server.faults.add(
      { verb: 'get', resource: 'deployments' },
      { kind: 'status', code: 503 },
      70,
    );
    const carrying = executor.carryOut(change, before);
    await vi.waitFor(() => expect(away.hits).toBeGreaterThan(28), { interval: 5, timeout: 10_000 });
    clock.set(jump);
    await pause(700);
    away.remove();
    expect(await carrying).toMatchObject({ kind: 'applied' });
  });
});

test('a steady clock passes what the clock beneath it sleeps, and what passes beside that', async () => {
  let slept = 0;
  const fake: Clock = {
    nowSeconds: () => 1000,
    sleep: async (seconds) => {
      slept += seconds;
    },
  };
  const steady = new SteadyClock(fake);
  await steady.sleep(30);
  await Promise.all([steady.sleep(5), steady.sleep(10)]);
  expect(slept).toBe(45);
  expect(steady.nowSeconds()).toBeCloseTo(1040, 1);
  await pause(100);
  expect(steady.nowSeconds() - 1040).toBeGreaterThan(0.09);
});

/** A change that has been checked, and an executor whose clock can be set. */
async function checkedChange(speed: number) {
  const clock = new SettableClock(systemClock(speed));
  const { server, executor } = await startCluster({}, { clock, settings: { verifyTimeout: 5 * speed } });
  createDeployment(server);
  await rolledOut(server);
  const change = changeTo(1, 1024, 2);
  return { server, executor, clock, change, before: await ready(executor, change) };
}

async function ready(executor: Executor, change: Change): Promise<TargetState> {
  const checked = await executor.check(change);
  if (checked.kind !== 'ready') throw new Error(checked.reason);
  return checked.before;
}

/** The clock of a machine, which somebody sets; time passes in it as ever. */
class SettableClock implements Clock {
  readonly #clock: Clock;
  #offsetSeconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowSeconds(): number {
    return this.#clock.nowSeconds() + this.#offsetSeconds;
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(seconds, signal);
  }

  set(bySeconds: number): void {
    this.#offsetSeconds += bySeconds;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
