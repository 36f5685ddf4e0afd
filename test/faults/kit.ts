/** What the tests of faults share: real folders with real limits, and calls to a real daemon. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DaemonProcess, startDaemon } from '../e2e/daemon-process.ts';

/** Whether this process may mount, and make files immutable. */
export const IS_ROOT = process.getuid?.() === 0;

/** Some daemons at once on a machine that others use too take this long at most, ms. */
export const BUSY_MACHINE_MS = 120_000;

export interface Disk {
  readonly path: string;
  /** Takes all the room that is left. */
  fill(): void;
  makeRoom(): void;
  remount(mode: 'ro' | 'rw'): void;
  unmount(): void;
}

const mounted = new Set<Disk>();

export function unmountAll(): void {
  for (const disk of mounted) disk.unmount();
}

/** A disk of its own, so small that it can be filled. */
export function smallDisk(path: string, megabytes: number): Disk {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  const disk = {
    path,
    fill: () => fill(path),
    makeRoom: () => {
      for (const name of readdirSync(path)) if (name.startsWith('filler-')) rmSync(join(path, name));
    },
    remount: (mode: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${mode}`, path]),
    unmount: () => {
      // Lazily: a daemon that a failed test has left may still be on it.
      if (mounted.delete(disk)) execFileSync('umount', ['-l', path]);
    },
  };
  mounted.add(disk);
  return disk;
}

function fill(path: string): void {
  let number = 0;
  for (let bytes = 1 << 20; bytes >= 1; ) {
    try {
      writeFileSync(join(path, `filler-${number++}`), Buffer.alloc(bytes));
    } catch {
      bytes >>= 2;
    }
  }
}

/** Lets the kernel refuse every write to the files, also through what is open: as a disk does that went read-only. */
export function setImmutable(files: readonly string[], immutable: boolean): void {
  execFileSync('chattr', [immutable ? '+i' : '-i', ...files]);
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at what they expect to be there
  readonly body: any;
}

export async function call(url: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${url}${path}`, { method, ...sent });
  return { status: response.status, body: await response.json() };
}

/** Posts that many end-to-end samples of a chain, each of its own request. */
export async function postSamples(url: string, chain: string, count: number): Promise<Answer> {
  const requests = Array.from({ length: count }, () => ({ chain_id: chain, response_time: 0.05 }));
  return await call(url, 'POST', '/requests', { requests });
}

/** Samples of a chain that the daemon has counted within the hour. */
export async function countedSamples(url: string, chain: string): Promise<number> {
  const { body } = await call(url, 'GET', '/chains?window=3600');
  return body.chains.find(({ id }: { id: string }) => id === chain)?.end_to_end?.requests ?? 0;
}

export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

/** Tries until the answer is true, or fails with the name of what did not come. */
export async function until(
  what: string,
  isTrue: () => Promise<boolean> | boolean,
  seconds = 30,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(50);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function statusOf(url: string, path: string): Promise<number> {
  return (await fetch(`${url}${path}`)).status;
}

const configFolder = mkdtempSync(join(tmpdir(), 'dta-slo-faults-'));
process.once('exit', () => rmSync(configFolder, { recursive: true, force: true }));

/** The shipped configuration with more keys, as a file. */
export function configWith(more: string): string {
  return textFile(`${readFileSync('config/config.yaml', 'utf8')}\n${more}\n`);
}

let textFiles = 0;

/** A new file with that text, gone at the end of the process. One that a daemon may be reading is never written again. */
export function textFile(text: string): string {
  const file = join(configFolder, `${++textFiles}.yaml`);
  writeFileSync(file, text);
  return file;
}

/** By then what was accepted is on the disk of a daemon of `startOn`. */
export const FLUSHED_MS = 300;

/** A daemon that flushes every 0.1 s, so that tests need not wait long. */
export function startOn(folder: string): Promise<DaemonProcess> {
  return startDaemon(['--config', configWith('store: { flush_interval: 0.1 }'), '--data', folder]);
}
