/** Slow clients of every kind at once: whether others are served meanwhile, and what the slow ones hold. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../e2e/daemon-process.ts';
import { pause } from '../kit.ts';
import { postHead, type RawClient, rawClient, SLOW_HEADERS, trickle } from '../sockets.ts';
import { GoodClient, openDescriptors, peakMebibytes, type Served } from './good-client.ts';

export interface SlowClientsFigures {
  readonly clients: number;
  readonly served: Served;
  /** Whether a large body and a stream of a client that is not slow were accepted among them. */
  readonly largeAccepted: boolean;
  readonly streamAccepted: boolean;
  readonly mostDescriptors: number;
  readonly descriptorsAfter: number;
  readonly peakMebibytes: number;
  /** Clients slow in their headers that were told 408 within 15 s. */
  readonly slowHeaders: number;
  readonly slowHeadersEnded: number;
}

const RECORD = '{"chain_id":"order-processing","response_time":0.1}';

const KINDS = [
  SLOW_HEADERS,
  '',
  `${postHead('application/json', 'content-length: 500000')}[`,
  `${postHead('application/x-ndjson', 'content-length: 500000')}${RECORD}\n`,
] as const;

export async function slowClients(clients: number): Promise<SlowClientsFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-slow-'));
  const daemon = await startDaemon(['--data', folder]);
  const before = openDescriptors(daemon.pid);
  const slow = Array.from({ length: clients }, (_, index) =>
    rawClient(daemon.url, KINDS[index % KINDS.length]!),
  );
  for (const [index, client] of slow.entries()) if (index % KINDS.length !== 1) trickle(client, ' ', 1000);
  await pause(3000);
  const good = new GoodClient(daemon.url);
  const mostDescriptors = openDescriptors(daemon.pid) - before;
  const streamAccepted = await isAccepted(daemon.url, 'application/x-ndjson', `${RECORD}\n`.repeat(1000));
  const largeAccepted = await isAccepted(daemon.url, 'application/json', `[${Array(1000).fill(RECORD)}]`);
  const inHeaders = slow.filter((_, index) => index % KINDS.length < 2);
  const slowHeadersEnded = await endedWithin(inHeaders, 15_000);
  const served = await good.end();
  const descriptorsAfter = openDescriptors(daemon.pid) - before;
  const peak = peakMebibytes(daemon.pid);
  for (const { socket } of slow) socket.destroy();
  await daemon.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
  return {
    clients,
    served,
    largeAccepted,
    streamAccepted,
    mostDescriptors,
    descriptorsAfter,
    peakMebibytes: peak,
    slowHeaders: inHeaders.length,
    slowHeadersEnded,
  };
}

async function isAccepted(url: string, type: string, body: string): Promise<boolean> {
  const response = await fetch(`${url}/requests`, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  return response.status === 202;
}

async function endedWithin(clients: readonly RawClient[], ms: number): Promise<number> {
  let ended = 0;
  for (const { answer } of clients) {
    void answer.then((text) => {
      if (text.startsWith('HTTP/1.1 408 ')) ended += 1;
    });
  }
  for (const end = performance.now() + ms; ended < clients.length && performance.now() < end; )
    await pause(100);
  return ended;
}
