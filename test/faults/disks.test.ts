import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftovers, runToEnd, temporaryFolder } from '../e2e/daemon-process.ts';
import {
  BUSY_MACHINE_MS,
  call,
  countedSamples,
  FLUSHED_MS,
  IS_ROOT,
  metric,
  pause,
  postSamples,
  setImmutable,
  smallDisk,
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

describe.concurrent('the disk of the history', { timeout: BUSY_MACHINE_MS }, () => {
  it.skipIf(!IS_ROOT)(
    'full: the daemon decides and counts on, says so, and writes all that waited when there is room',
    async () => {
      const disk = smallDisk(join(root.path, 'full'), 4);
      const daemon = await startOn(disk.path);
      await postSamples(daemon.url, CHAIN, 10);
      disk.fill();
      await postSamples(daemon.url, CHAIN, 1000);
      await until('not ready', async () => (await statusOf(daemon.url, '/readyz')) === 503);
      expect((await call(daemon.url, 'GET', '/readyz')).body.detail).toMatch(
        /cannot be written \(.*full\); \d+ rows wait/,
      );
      expect(await daemon.line('history cannot be written')).toContain('full');
      expect(await metric(daemon.url, 'dta_slo_history_writable')).toBe(0);
      expect(await metric(daemon.url, 'dta_slo_history_waiting_rows')).toBeGreaterThan(0);
      expect(await statusOf(daemon.url, '/healthz')).toBe(200);

      const { status, body: decided } = await call(daemon.url, 'POST', '/allocations');
      expect(status).toBe(200);
      expect((await postSamples(daemon.url, CHAIN, 500)).body).toEqual({ accepted: 500, rejected: [] });
      expect(await countedSamples(daemon.url, CHAIN)).toBe(1510);

      disk.makeRoom();
      await until('ready', async () => (await statusOf(daemon.url, '/readyz')) === 200);
      await daemon.line('history can be written again');
      expect(await metric(daemon.url, 'dta_slo_history_writable')).toBe(1);
      expect(await metric(daemon.url, 'dta_slo_history_waiting_rows')).toBe(0);
      expect(daemon.lines.filter((line) => line.includes('history cannot be written'))).toHaveLength(1);
      await daemon.end('SIGKILL');

      const again = await startOn(disk.path);
      expect(await countedSamples(again.url, CHAIN)).toBe(1510);
      expect((await call(again.url, 'GET', '/allocations')).body.decision_id).toBe(decided.decision_id);
      expect(await again.end('SIGTERM')).toBe(0);
    },
  );

  it.skipIf(!IS_ROOT)('full at the start: what is there is taken back, and the daemon decides', async () => {
    const disk = smallDisk(join(root.path, 'full-at-start'), 4);
    const before = await startOn(disk.path);
    await postSamples(before.url, CHAIN, 700);
    const { body: decided } = await call(before.url, 'POST', '/allocations');
    await before.end('SIGTERM');
    disk.fill();

    const daemon = await startOn(disk.path);
    expect(await countedSamples(daemon.url, CHAIN)).toBe(700);
    expect((await call(daemon.url, 'GET', '/allocations')).body.decision_id).toBe(decided.decision_id);
    await until('not ready', async () => (await statusOf(daemon.url, '/readyz')) === 503);
    expect((await call(daemon.url, 'POST', '/allocations')).status).toBe(200);
    disk.makeRoom();
    await until('ready', async () => (await statusOf(daemon.url, '/readyz')) === 200);
    expect(await daemon.end('SIGTERM')).toBe(0);
  });

  it.skipIf(!IS_ROOT)(
    'read-only while running: the daemon decides on, not ready, and loses nothing when it can write',
    async () => {
      const folder = join(root.path, 'read-only-later');
      const daemon = await startOn(folder);
      await postSamples(daemon.url, CHAIN, 300);
      await pause(FLUSHED_MS);
      const files = ['history.db', 'history.db-wal'].map((name) => join(folder, name));
      setImmutable(files, true);
      try {
        await postSamples(daemon.url, CHAIN, 40);
        await until('not ready', async () => (await statusOf(daemon.url, '/readyz')) === 503);
        expect((await call(daemon.url, 'GET', '/readyz')).body.detail).toContain('EPERM');
        expect((await call(daemon.url, 'POST', '/allocations')).status).toBe(200);
      } finally {
        setImmutable(files, false);
      }
      await until('ready', async () => (await statusOf(daemon.url, '/readyz')) === 200);
      await daemon.end('SIGKILL');
      const again = await startOn(folder);
      expect(await countedSamples(again.url, CHAIN)).toBe(340);
      expect((await call(again.url, 'GET', '/allocations/history')).body.decisions).toHaveLength(1);
      await again.end('SIGTERM');
    },
  );

  it.skipIf(!IS_ROOT)(
    'read-only at the start: the daemon ends with what to do, and changes nothing',
    async () => {
      const disk = smallDisk(join(root.path, 'read-only'), 4);
      await (await startOn(disk.path)).end('SIGTERM');
      disk.remount('ro');
      const { code, stderr, stdout } = await runToEnd(['--port', '0', '--data', disk.path]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/history .*history\.db.* cannot be written.*store\.path/);
      expect(stderr + stdout).not.toMatch(/\n\s+at /);
    },
  );
});
