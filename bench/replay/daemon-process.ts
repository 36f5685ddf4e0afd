import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberIn, objectOf, textIn } from './json-reading.ts';

/** A daemon that was started for a measurement and is ended with it. */
export interface StartedDaemon {
  readonly url: string;
  /** Warnings and errors that it has logged. */
  readonly complaints: readonly string[];
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly config: string;
  /** How many times faster than the world its clock runs; default 1. */
  readonly clockSpeed?: number;
  /** Folder of its history, which stays; default: an empty one that goes with it. */
  readonly data?: string;
}

const START_SECONDS = 60;
const END_SECONDS = 10;
const WARN = 40;

/**
 * Starts the daemon on a free port of 127.0.0.1 and waits until it listens. The process and an empty history of its own
 * go when `stop` is called, the process also when this one ends.
 */
export async function startDaemon({
  config,
  clockSpeed = 1,
  ...options
}: DaemonOptions): Promise<StartedDaemon> {
  ensureBuilt();
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'dta-slo-'));
  const flags = ['--config', config, '--host', '127.0.0.1', '--port', '0', '--data', data];
  const args = ['dist/main.js', ...flags, '--log-level', 'info', '--clock-speed', String(clockSpeed)];
  // In a group of its own, so that Ctrl-C reaches this process alone and the daemon is ended after the last answer.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text.trimEnd()));
  const stop = async () => {
    await end(child);
    process.off('exit', kill);
    if (options.data === undefined) rmSync(data, { recursive: true, force: true });
  };
  try {
    const url = await listening(child, complaints);
    return {
      url,
      complaints,
      get exitCode() {
        return child.exitCode ?? undefined;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Builds when a source is newer than what was built from it. */
export function ensureBuilt(): void {
  const sources = ['main.ts', ...filesUnder('src')].map(modifiedMs);
  if (modifiedMs('dist/main.js') > Math.max(...sources)) return;
  const { status } = spawnSync('npm', ['run', '-s', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('npm run build failed');
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}

/** The address that the daemon logs once it listens. Reads its log to the end, so that it never blocks on it. */
function listening(child: ChildProcess, complaints: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error([`the daemon ${why}`, ...complaints].join('\n')));
    const timer = setTimeout(() => fail(`did not listen within ${START_SECONDS} s`), START_SECONDS * 1000);
    child.once('error', (error) => fail(`did not start: ${error.message}`));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with exit code ${code}`);
    });
    if (child.stdout === null) return fail('has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = logEntry(line);
      if (entry.level >= WARN) complaints.push(line);
      if (entry.url === '') return;
      clearTimeout(timer);
      resolve(entry.url);
    });
  });
}

function logEntry(line: string): { level: number; url: string } {
  try {
    const entry = objectOf(JSON.parse(line), 'log');
    return {
      level: numberIn(entry, 'level'),
      url: textIn(entry, 'msg') === 'listening' ? textIn(entry, 'url') : '',
    };
  } catch {
    // Not one of the log's lines: something that a library has printed.
    return { level: WARN, url: '' };
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = new AbortController();
  const force = sleep(END_SECONDS * 1000, undefined, { signal: late.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await ended;
  late.abort();
  await force;
}
