/** Docker and docker-compose as commands. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '../..');

export type Environment = Readonly<Record<string, string>>;

/** `docker-compose` where it is installed, else the plugin. */
export const COMPOSE: readonly string[] = works('docker-compose', 'version')
  ? ['docker-compose']
  : ['docker', 'compose'];

/** Why the tests cannot run here; undefined when they can. */
export function missing(): string | undefined {
  if (!works('docker', 'info')) return 'no Docker engine answers `docker info`';
  const [command = '', ...args] = COMPOSE;
  return works(command, ...args, 'version') ? undefined : 'neither docker-compose nor `docker compose` works';
}

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** What a command printed, errors included; throws when it fails. */
export function run(
  command: string,
  args: readonly string[],
  environment: Environment = {},
): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...environment } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(text.trim()) : reject(new Error(`${command} ${args.join(' ')}: ${code}\n${text}`)),
    );
  });
}

export function docker(...args: readonly string[]): Promise<string> {
  return run('docker', args);
}

/** A value that `docker inspect` tells of a container or an image. */
export async function inspect(name: string, format: string): Promise<string> {
  return docker('inspect', '--format', `{{${format}}}`, name);
}

/** Seconds from now on until the check of its health says that the container is well. */
export async function untilHealthy(container: string): Promise<number> {
  const start = performance.now();
  for (;;) {
    const health = await inspect(container, '.State.Health.Status');
    const seconds = (performance.now() - start) / 1000;
    if (health === 'healthy') return seconds;
    if (health === 'unhealthy' || seconds > 60)
      throw new Error(`${health} after ${seconds} s:\n${await docker('logs', container)}`);
    await sleep(100);
  }
}

/** Address of a port of a container on this machine. */
export async function addressOf(container: string, port = 8000): Promise<string> {
  return `http://${(await docker('port', container, String(port))).split('\n')[0]}`;
}

/** Repeats a question till it is answered well, for 20 s. */
export async function eventually<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const end = performance.now() + 20_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(100);
    }
  }
}
