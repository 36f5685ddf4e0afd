import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type DaemonProcess,
  endLeftovers,
  runToEnd,
  startDaemon,
  temporaryFolder,
} from './daemon-process.ts';

const TOKEN = 'the-token-of-the-tests-0123456789';
const OTHER = 'the-token-that-came-later-0123456789';

const folder = temporaryFolder();
mkdirSync(folder.path, { recursive: true });
afterAll(() => {
  endLeftovers();
  folder.remove();
});

/** A configuration with one service, and what is added to it. */
function config(name: string, more: string): string {
  const file = join(folder.path, name);
  const service = '{ chains: [c], min_cpu: 0.1, max_cpu: 2, min_memory: 64, max_memory: 512 }';
  writeFileSync(file, `services: { a: ${service} }\nslos: { c: 0.2 }\n${more}\n`);
  return file;
}

function post(daemon: DaemonProcess, path: string, token?: string, body?: object): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(`${daemon.url}${path}`, {
    method: 'POST',
    headers: { ...authorization, ...type },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function allocations(daemon: DaemonProcess) {
  const answer = await fetch(`${daemon.url}/allocations`);
  return (await answer.json()) as {
    paused: { reason: string } | null;
    services: readonly { mode: string }[];
  };
}

describe('what an operator sets', () => {
  it('holds after kill -9 right behind the answer, and after SIGHUP', async () => {
    const file = config('kill.yaml', '');
    const args = ['--config', file, '--data', join(folder.path, 'kill')];
    let daemon = await startDaemon(args);
    for (const reason of ['first', 'second', 'third']) {
      expect((await post(daemon, '/pause', undefined, { reason })).status).toBe(200);
      await daemon.end('SIGKILL');
      daemon = await startDaemon(args);
      expect((await allocations(daemon)).paused?.reason).toBe(reason);
    }
    expect((await post(daemon, '/services/a/mode', undefined, { mode: 'rolling' })).status).toBe(200);
    daemon.signal('SIGHUP');
    await daemon.line('configuration read again');
    const shown = await allocations(daemon);
    expect([shown.paused?.reason, shown.services[0]?.mode]).toEqual(['third', 'rolling']);
    expect((await post(daemon, '/resume')).status).toBe(200);
    await daemon.end('SIGKILL');
    daemon = await startDaemon(args);
    expect((await allocations(daemon)).paused).toBeNull();
    expect(await daemon.end('SIGTERM')).toBe(0);
  });
});

describe('tokens', () => {
  it('of a file are asked for, replaced while it runs, and never logged', async () => {
    const tokens = join(folder.path, 'tokens');
    writeFileSync(tokens, `${TOKEN}\n`);
    const file = config('tokens.yaml', `server: { auth: { token_file: ${tokens} } }`);
    const daemon = await startDaemon([
      '--config',
      file,
      '--data',
      join(folder.path, 'tokens-data'),
      '--log-level',
      'debug',
    ]);
    expect((await post(daemon, '/pause')).status).toBe(401);
    expect((await post(daemon, '/pause', OTHER)).status).toBe(401);
    expect((await post(daemon, '/pause', TOKEN)).status).toBe(200);
    writeFileSync(tokens, `${OTHER}\n`);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await post(daemon, '/resume', OTHER)).status).toBe(200);
    expect((await post(daemon, '/resume', TOKEN)).status).toBe(401);
    expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);
    expect(await daemon.end('SIGTERM')).toBe(0);
    const log = daemon.lines.join('\n');
    expect(log).toContain('calls without a good token were refused');
    expect(log).toContain('tokens read again');
    expect(log).not.toContain(TOKEN);
    expect(log).not.toContain(OTHER);
  });

  it('that cannot be used end the daemon with what is wrong, and without the token', async () => {
    const file = config('plain.yaml', '');
    const args = [
      '--config',
      file,
      '--data',
      join(folder.path, 'plain'),
      '--port',
      '0',
      '--host',
      '127.0.0.1',
    ];
    const short = await runToEnd(args, { DTA_SLO_TOKEN: 'too-short-a' });
    expect(short.code).toBe(2);
    expect(short.stderr).toContain(
      'environment: DTA_SLO_TOKEN: found a line 1 of 11 characters that is no token',
    );
    expect(short.stdout + short.stderr).not.toContain('too-short-a');
    const absent = config('absent.yaml', 'server: { auth: { token_file: /nowhere/tokens } }');
    const missing = await runToEnd(['--config', absent, ...args.slice(2)]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(
      /^\/nowhere\/tokens: server\.auth\.token_file: found a file that cannot be read/,
    );
  });
});

it('a daemon that all may reach and that asks for no token says so once', async () => {
  const args = ['--config', config('open.yaml', ''), '--data', join(folder.path, 'open')];
  // A spelling of 127.0.0.1 that does not look like it: nothing of the test is open to others.
  const open = await startDaemon([...args, '--host', '127.1']);
  await open.line('set DTA_SLO_TOKEN or server.auth.token_file');
  expect(await open.end('SIGTERM')).toBe(0);
  const loopback = await startDaemon(args);
  expect(await loopback.end('SIGTERM')).toBe(0);
  expect(loopback.lines.join('\n')).not.toContain('set DTA_SLO_TOKEN');
});
