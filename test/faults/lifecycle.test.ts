import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftovers, runToEnd, startDaemon, temporaryFolder } from '../e2e/daemon-process.ts';
import {
  BUSY_MACHINE_MS,
  call,
  configWith,
  countedSamples,
  FLUSHED_MS,
  IS_ROOT,
  pause,
  postSamples,
  smallDisk,
  startOn,
  statusOf,
  unmountAll,
  until,
} from './kit.ts';
import { rawClient, SLOW_HEADERS } from './sockets.ts';
import { hash, withCode } from './with-code.ts';

const CHAIN = 'order-processing';
const root = temporaryFolder();
afterAll(() => {
  endLeftovers();
  unmountAll();
  root.remove();
});

describe.concurrent('the daemon', { timeout: BUSY_MACHINE_MS }, () => {
  it('ended by SIGTERM during a pass and under load answers or refuses, and has all that it accepted', async () => {
    const folder = join(root.path, 'term');
    const daemon = await startOn(folder);
    const passes = Array.from({ length: 3 }, () =>
      call(daemon.url, 'POST', '/allocations').catch(() => undefined),
    );
    let accepted = 0;
    const posting = Array.from({ length: 4 }, async () => {
      try {
        for (;;) if ((await postSamples(daemon.url, CHAIN, 10)).status === 202) accepted += 10;
      } catch {
        // The daemon has gone.
      }
    });
    await pause(300);
    expect(await daemon.end('SIGTERM')).toBe(0);
    await Promise.all(posting);
    const decided = (await Promise.all(passes)).flatMap((answer) => answer?.body.decision_id ?? []);
    const again = await startOn(folder);
    expect(await countedSamples(again.url, CHAIN)).toBeGreaterThanOrEqual(accepted);
    const { body } = await call(again.url, 'GET', '/allocations/history');
    const kept = body.decisions.map((decision: { decision_id: string }) => decision.decision_id);
    expect(kept).toEqual(expect.arrayContaining(decided));
    await again.end('SIGTERM');
  });

  it.each(['throw new Error("boom")', 'Promise.reject(new Error("boom"))'])(
    'after a fault that nobody expected (%s) writes what has arrived, says why and ends with 1',
    async (fault) => {
      const trigger = join(root.path, `boom-${Math.abs(hash(fault))}`);
      const environment = withCode(
        root.path,
        `if (isMainThread) setInterval(() => { if (existsSync('${trigger}')) { ${fault}; } }, 20).unref();`,
      );
      const folder = join(root.path, `fault-${Math.abs(hash(fault))}`);
      const args = ['--config', configWith('store: { flush_interval: 60 }'), '--data', folder];
      const daemon = await startDaemon(args, environment);
      await postSamples(daemon.url, CHAIN, 70);
      writeFileSync(trigger, '');
      expect(await daemon.ended).toBe(1);
      const line: { level: number; err: { message: string } } = JSON.parse(
        await daemon.line('a fault of the daemon'),
      );
      expect(line).toMatchObject({ level: 60, err: { message: 'boom' } });
      const again = await startOn(folder);
      expect(await countedSamples(again.url, CHAIN)).toBe(70);
      await again.end('SIGTERM');
    },
  );

  it('keeps its configuration when SIGHUP finds the file broken or gone', async () => {
    const file = join(root.path, 'reload.yaml');
    const good = readFileSync('config/config.yaml', 'utf8');
    writeFileSync(file, good);
    const daemon = await startDaemon(['--config', file, '--data', join(root.path, 'reload')]);
    for (const break_ of [
      () => writeFileSync(file, 'services: [unclosed'),
      () => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00, 0x9f])),
      () => rmSync(file),
    ]) {
      const before = daemon.lines.length;
      break_();
      daemon.signal('SIGHUP');
      await until('said', () =>
        daemon.lines.slice(before).some((line) => line.includes('configuration not taken')),
      );
      expect((await postSamples(daemon.url, CHAIN, 1)).status).toBe(202);
    }
    writeFileSync(file, good);
    daemon.signal('SIGHUP');
    await daemon.line('configuration read again');
    expect(await daemon.end('SIGTERM')).toBe(0);
  });

  it('whose port is in use says so and ends with 1', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const args = ['--host', '127.0.0.1', '--port', `${port}`, '--data', join(root.path, 'port')];
    const { code, stderr } = await runToEnd(args);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `dta-slo: cannot listen on 127.0.0.1:${port}: the port is in use by another process; stop it, or choose another with --port\n`,
    );
  });

  it('with few file descriptors serves on, writes on, and is whole when the others are gone', async () => {
    const folder = join(root.path, 'descriptors');
    const args = ['--config', configWith('store: { flush_interval: 0.1 }'), '--data', folder];
    // Node.js itself has hundreds of files open for a moment while it loads the modules.
    const daemon = await startDaemon(args, {}, ['prlimit', '--nofile=700:700']);
    const slow = Array.from({ length: 1_200 }, () => rawClient(daemon.url, SLOW_HEADERS));
    await pause(500);
    for (let post = 0; post < 20; post += 1)
      expect((await postSamples(daemon.url, CHAIN, 5)).status).toBe(202);
    expect((await call(daemon.url, 'POST', '/allocations')).status).toBe(200);
    expect(await statusOf(daemon.url, '/readyz')).toBe(200);
    for (const { socket } of slow) socket.destroy();
    await pause(FLUSHED_MS);
    await daemon.end('SIGKILL');
    const again = await startOn(folder);
    expect(await countedSamples(again.url, CHAIN)).toBe(100);
    await again.end('SIGTERM');
  });

  it.skipIf(!IS_ROOT)('whose log goes to a full disk goes on', async () => {
    const disk = smallDisk(join(root.path, 'log'), 1);
    const log = openSync(join(disk.path, 'daemon.log'), 'a');
    const port = await freePort();
    const args = [
      'dist/main.js',
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--data',
      join(root.path, 'logged'),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    const url = `http://127.0.0.1:${port}`;
    await until('alive', () =>
      statusOf(url, '/healthz').then(
        (status) => status === 200,
        () => false,
      ),
    );
    disk.fill();
    const size = statSync(join(disk.path, 'daemon.log')).size;
    for (let reload = 0; reload < 60; reload += 1) {
      child.kill('SIGHUP');
      await pause(20);
    }
    // Far less than sixty lines: the rest was refused.
    expect(statSync(join(disk.path, 'daemon.log')).size - size).toBeLessThan(4097);
    expect((await postSamples(url, CHAIN, 5)).status).toBe(202);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
