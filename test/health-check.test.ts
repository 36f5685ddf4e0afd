import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listeningSockets } from '../src/utils/listening-sockets.ts';
import { type DaemonProcess, endLeftovers, startDaemon, temporaryFolder } from './e2e/daemon-process.ts';

const folder = temporaryFolder();
afterEach(endLeftovers);

/** The folder of its history is in the command line of this daemon alone. */
function startHere(...args: readonly string[]): Promise<DaemonProcess> {
  return startDaemon(['--data', folder.path, ...args]);
}

function check(program: string): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/src/health-check.js', program], (error, _stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stderr }),
    );
  });
}

describe.runIf(process.platform === 'linux')('the health check', () => {
  it('finds the daemon on the port that the system gave it', async () => {
    await startHere();
    expect(await check(folder.path)).toEqual({ code: 0, stderr: '' });
  });

  it('asks at the address that the daemon listens on', async () => {
    await startHere('--host', '127.0.0.2');
    expect(await check(folder.path)).toEqual({ code: 0, stderr: '' });
  });

  it('fails when no daemon runs, and says so', async () => {
    const nobody = `${folder.path}/nobody`;
    expect(await check(nobody)).toEqual({ code: 1, stderr: `dta-slo: no process of ${nobody} listens\n` });
  });

  it('fails when a daemon lives but does not answer', async () => {
    const daemon = await startHere();
    daemon.signal('SIGSTOP');
    const { code, stderr } = await check(folder.path);
    expect(code).toBe(1);
    expect(stderr).toContain('no answer within 2000 ms');
  });
});

describe.runIf(process.platform === 'linux')('the listening sockets', () => {
  it.each([
    { host: '127.0.0.1', shown: '127.0.0.1' },
    { host: '::1', shown: '0:0:0:0:0:0:0:1' },
  ])('of this process include one at $host, till it is closed', async ({ host, shown }) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    const here = process.argv[1] ?? '';
    expect(listeningSockets(here)).toContainEqual({ host: shown, port });
    await new Promise((resolve) => server.close(resolve));
    expect(listeningSockets(here)).not.toContainEqual({ host: shown, port });
  });

  it('are none for a program that does not run', () => {
    expect(listeningSockets(`${folder.path}/nobody`)).toEqual([]);
  });
});
