import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface ListeningSocket {
  readonly host: string;
  readonly port: number;
}

/**
 * Where the processes listen whose command line holds `program`, as the kernel tells it (Linux): true whatever flags,
 * environment and file said, and for port 0 too. Processes of other users are left out, since their files are hidden.
 * `proc` is the process file system.
 */
export function listeningSockets(program: string, proc = '/proc'): readonly ListeningSocket[] {
  const inodes = new Set(
    processes(proc)
      .filter((process) => commandLine(process).includes(program))
      .flatMap(socketInodes),
  );
  return ['net/tcp', 'net/tcp6']
    .flatMap((table) =>
      readOr('', () => readFileSync(join(proc, table), 'utf8'))
        .split('\n')
        .slice(1),
    )
    .map(parseLine)
    .filter(({ state, inode }) => state === LISTEN && inodes.has(inode))
    .map(({ address }) => parseAddress(address));
}

/** TCP_LISTEN of the kernel's tcp_states.h. */
const LISTEN = '0A';

function processes(proc: string): readonly string[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => join(proc, name));
}

function commandLine(process: string): string {
  return readOr('', () => readFileSync(join(process, 'cmdline'), 'utf8'));
}

function socketInodes(process: string): readonly string[] {
  const files = join(process, 'fd');
  return readOr([], () => readdirSync(files)).flatMap((name) => {
    const target = readOr('', () => readlinkSync(join(files, name)));
    return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
  });
}

/** A process may end while it is looked at, and those of others cannot be looked into. */
function readOr<Value>(otherwise: Value, read: () => Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** `sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode …` (proc_pid_net(5)). */
function parseLine(line: string): { address: string; state: string; inode: string } {
  const columns = line.trim().split(/\s+/);
  return { address: columns[1] ?? '', state: columns[3] ?? '', inode: columns[9] ?? '' };
}

/** An address stands there as words of 32 bits in the byte order of the machine (little-endian), a port as one number. */
function parseAddress(text: string): ListeningSocket {
  const [address = '', port = ''] = text.split(':');
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  return { host: bytes.length === 4 ? bytes.join('.') : ipv6(bytes), port: Number.parseInt(port, 16) };
}

function ipv6(bytes: readonly number[]): string {
  const hex = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? [];
  return hex.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
