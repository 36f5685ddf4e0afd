import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { withAnyOf } from '../../../src/utils/kubernetes-utils/signals.ts';
import { eventually } from '../../eventually.ts';
import { serviceWith, startCluster } from './cluster.ts';

test('calls leave nothing on a signal that lives longer than they', async () => {
  const { executor } = await startCluster();
  await eventually(async () => expect((await executor.readTargets([serviceWith()])).size).toBe(1));
  const { signal } = new AbortController();
  for (let round = 0; round < 20; round += 1) {
    await executor.readTargets([serviceWith()], signal);
    await executor.readUsage([serviceWith()], signal);
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  expect(dependantsOf(signal)).toBe(0);
});

test('the signal is aborted by whichever comes first, also by one that came before', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const aborted = withAnyOf([first.signal, undefined, second.signal], (own) => {
    expect(own.aborted).toBe(false);
    second.abort();
    return Promise.resolve(own.aborted);
  });
  expect(await aborted).toBe(true);
  expect(await withAnyOf([first.signal, second.signal], ({ aborted }) => Promise.resolve(aborted))).toBe(
    true,
  );
  await expect(withAnyOf([first.signal], () => Promise.reject(new Error('told')))).rejects.toThrow('told');
  expect(getEventListeners(first.signal, 'abort')).toHaveLength(0);
});

/** What `AbortSignal.any` keeps on its sources, under a symbol of Node's. */
function dependantsOf(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === 'kDependantSignals',
  );
  const kept: unknown = symbol === undefined ? undefined : Reflect.get(signal, symbol);
  return kept === undefined ? 0 : Number(Reflect.get(Object(kept), 'size'));
}
