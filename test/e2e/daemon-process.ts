import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');

export interface DaemonProcess {
  readonly url: string;
  readonly pid: number;
  readonly lines: readonly string[];
  /** Sends the signal and resolves with the exit code (null when it was killed) once the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** The exit code, once the process is gone. */
  readonly ended: Promise<number | null>;
  /** Resolves with the first log line, also a past one, that has the text. */
  line(text: string): Promise<string>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Daemons that a failing test has left behind; they must not outlive the tests. */
const running = new Set<ChildProcess>();

export function endLeftovers(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A folder that is gone after the test file. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'dta-slo-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the daemon on a free port of 127.0.0.1. */
export async function startDaemon(
  args: readonly string[],
  environment: Record<string, string> = {},
  /** A command that runs the daemon's, such as `prlimit --nofile=200`. */
  wrapper: readonly string[] = [],
): Promise<DaemonProcess> {
  const child = launch(['--host', '127.0.0.1', '--port', '0', ...args], environment, wrapper);
  const lines: string[] = [];
  const waiting: { text: string; resolve: (line: string) => void }[] = [];
  running.add(child);
  const gone = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const { text, resolve } of waiting) if (line.includes(text)) resolve(line);
    });
  }
  const line = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const past = lines.find((each) => each.includes(text));
      if (past !== undefined) return resolve(past);
      waiting.push({ text, resolve });
      gone.then((code) => reject(new Error(`exit ${code} before "${text}":\n${lines.join('\n')}`)));
    });
  const listening: { url: string } = JSON.parse(await line('"msg":"listening"'));
  return {
    url: listening.url,
    pid: child.pid!,
    lines,
    line,
    signal: (signal) => child.kill(signal),
    ended: gone,
    end: (signal) => {
      child.kill(signal);
      return gone;
    },
  };
}

/** Runs the daemon's command to its end. */
export function runToEnd(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = launch(args, environment);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

function launch(
  args: readonly string[],
  environment: Record<string, string>,
  wrapper: readonly string[] = [],
): ChildProcess {
  const [command, ...rest] = [...wrapper, process.execPath, 'dist/main.js', ...args];
  return spawn(command!, rest, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
