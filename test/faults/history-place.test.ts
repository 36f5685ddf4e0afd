import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftovers, runToEnd, temporaryFolder } from '../e2e/daemon-process.ts';
import {
  BUSY_MACHINE_MS,
  call,
  countedSamples,
  FLUSHED_MS,
  pause,
  postSamples,
  startOn,
  statusOf,
  unmountAll,
  until,
} from './kit.ts';

const CHAIN = 'order-processing';
const root = temporaryFolder();
afterAll(() => {
  endLeftovers();
  unmountAll();
  root.remove();
});

describe.concurrent('the place of the history', { timeout: BUSY_MACHINE_MS }, () => {
  it('deleted while running: it is written there again, whole, and said loudly', async () => {
    const folder = join(root.path, 'deleted', 'data');
    const daemon = await startOn(folder);
    await postSamples(daemon.url, CHAIN, 300);
    const { body: decided } = await call(daemon.url, 'POST', '/allocations');
    rmSync(join(root.path, 'deleted'), { recursive: true });
    expect(await daemon.line('the history was deleted while running')).toContain('"level":50');
    await postSamples(daemon.url, CHAIN, 40);
    expect(await statusOf(daemon.url, '/readyz')).toBe(200);
    expect((await call(daemon.url, 'GET', '/allocations/history')).body.decisions).toHaveLength(1);
    await pause(FLUSHED_MS);
    await daemon.end('SIGKILL');

    const again = await startOn(folder);
    expect(await countedSamples(again.url, CHAIN)).toBe(340);
    expect((await call(again.url, 'GET', '/allocations')).body.decision_id).toBe(decided.decision_id);
    expect(await again.end('SIGTERM')).toBe(0);
  });

  it('its write-ahead log deleted while running: nothing of it is lost', async () => {
    const folder = join(root.path, 'wal');
    const daemon = await startOn(folder);
    await postSamples(daemon.url, CHAIN, 300);
    await call(daemon.url, 'POST', '/allocations');
    await pause(FLUSHED_MS);
    rmSync(join(folder, 'history.db-wal'));
    await daemon.line('the write-ahead log was deleted while running');
    await postSamples(daemon.url, CHAIN, 40);
    await pause(FLUSHED_MS);
    await daemon.end('SIGKILL');
    const again = await startOn(folder);
    expect(await countedSamples(again.url, CHAIN)).toBe(340);
    expect((await call(again.url, 'GET', '/allocations/history')).body.decisions).toHaveLength(1);
    await again.end('SIGTERM');
  });

  it('deleted while it cannot be made again: not ready until it can', async () => {
    const folder = join(root.path, 'blocked', 'data');
    const daemon = await startOn(folder);
    await postSamples(daemon.url, CHAIN, 300);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder was');
    await until('not ready', async () => (await statusOf(daemon.url, '/readyz')) === 503);
    expect((await postSamples(daemon.url, CHAIN, 40)).status).toBe(202);
    expect((await call(daemon.url, 'POST', '/allocations')).status).toBe(200);
    rmSync(folder);
    await until('ready', async () => (await statusOf(daemon.url, '/readyz')) === 200);
    expect(await daemon.end('SIGTERM')).toBe(0);
    const again = await startOn(folder);
    expect(await countedSamples(again.url, CHAIN)).toBe(340);
    await again.end('SIGTERM');
  });

  it('taken by another file while running: that one is not touched, and the daemon is not ready', async () => {
    const folder = join(root.path, 'replaced');
    const daemon = await startOn(folder);
    await postSamples(daemon.url, CHAIN, 300);
    renameSync(folder, `${folder}-away`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'history.db'), 'something else');
    await until('not ready', async () => (await statusOf(daemon.url, '/readyz')) === 503);
    expect((await call(daemon.url, 'GET', '/readyz')).body.detail).toContain(
      'another file has taken the place of',
    );
    renameSync(join(folder, 'history.db'), join(folder, 'other'));
    await until('ready', async () => (await statusOf(daemon.url, '/readyz')) === 200);
    expect(await daemon.end('SIGTERM')).toBe(0);
    const again = await startOn(folder);
    expect(await countedSamples(again.url, CHAIN)).toBe(300);
    await again.end('SIGTERM');
  });

  it('used by another daemon: the second ends with a clear message, the first goes on, and after kill -9 one starts at once', async () => {
    const folder = join(root.path, 'two');
    const first = await startOn(folder);
    await postSamples(first.url, CHAIN, 50);
    const { code, stderr } = await runToEnd(['--port', '0', '--data', folder]);
    expect(code).toBe(1);
    expect(stderr).toContain('is in use by another process; stop it, or set store.path to another folder');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await statusOf(first.url, '/readyz')).toBe(200);
    await postSamples(first.url, CHAIN, 50);
    await pause(FLUSHED_MS);
    await first.end('SIGKILL');
    const second = await startOn(folder);
    expect(await countedSamples(second.url, CHAIN)).toBe(100);
    await second.end('SIGTERM');
  });
});
