import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonClient } from './daemon-client.ts';

const APART_MS = 500;
const PROBES = 5;

/**
 * What the daemon's clock shows. It is read anew with every `refresh`; what was read is already past when it
 * arrives, so the estimate errs to the late side and a record is never dated into the daemon's future.
 */
export class DaemonClock {
  /** How much faster than the world the daemon's clock runs, about. */
  readonly speed: number;
  readonly #client: DaemonClient;
  #readSeconds: number;
  #readAtMs: number;

  private constructor(client: DaemonClient, speed: number, readSeconds: number) {
    this.#client = client;
    this.speed = speed;
    this.#readSeconds = readSeconds;
    this.#readAtMs = performance.now();
  }

  static async read(client: DaemonClient): Promise<DaemonClock> {
    const first = await quickestProbe(client);
    await sleep(APART_MS);
    const second = await quickestProbe(client);
    const speed = (second.daemonSeconds - first.daemonSeconds) / ((second.wallMs - first.wallMs) / 1000);
    return new DaemonClock(client, speed, await client.time());
  }

  async refresh(): Promise<void> {
    this.#readSeconds = await this.#client.time();
    this.#readAtMs = performance.now();
  }

  /** Unix s. */
  nowSeconds(): number {
    return this.#readSeconds + ((performance.now() - this.#readAtMs) / 1000) * this.speed;
  }
}

/** Of several probes the one with the shortest way: it is the least wrong about when the clock was read. */
async function quickestProbe(client: DaemonClient): Promise<{ wallMs: number; daemonSeconds: number }> {
  let best = { wallMs: 0, daemonSeconds: 0, wayMs: Infinity };
  for (let probe = 0; probe < PROBES; probe++) {
    const startedMs = performance.now();
    const daemonSeconds = await client.time();
    const wayMs = performance.now() - startedMs;
    if (wayMs < best.wayMs) best = { wallMs: startedMs + wayMs / 2, daemonSeconds, wayMs };
  }
  return best;
}
