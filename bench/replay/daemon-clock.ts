import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonClient } from './daemon-client.ts';

/** What the daemon's clock shows, without asking it again. */
export interface DaemonClock {
  readonly speed: number;
  nowSeconds(): number;
}

const PROBES = 5;
const APART_MS = 500;

/**
 * Reads the daemon's clock and how fast it runs. Both sides read the same machine's time, so what is found at the
 * start stays true; of several probes the one with the shortest way counts.
 */
export async function readDaemonClock(client: DaemonClient): Promise<DaemonClock> {
  const first = await bestProbe(client);
  await sleep(APART_MS);
  const second = await bestProbe(client);
  const measured = (second.daemonSeconds - first.daemonSeconds) / ((second.wallMs - first.wallMs) / 1000);
  const speed = measured > 3 ? Math.round(measured) : Math.max(1, Math.round(measured * 10) / 10);
  return {
    speed,
    nowSeconds: () => second.daemonSeconds + ((performance.now() - second.wallMs) / 1000) * speed,
  };
}

async function bestProbe(client: DaemonClient): Promise<{ wallMs: number; daemonSeconds: number }> {
  let best = { wallMs: 0, daemonSeconds: 0, wayMs: Infinity };
  for (let probe = 0; probe < PROBES; probe++) {
    const startedMs = performance.now();
    const daemonSeconds = await client.time();
    const wayMs = performance.now() - startedMs;
    if (wayMs < best.wayMs) best = { wallMs: startedMs + wayMs / 2, daemonSeconds, wayMs };
  }
  return best;
}
