/** Bodies of 100 MB, of every kind: what is answered, and what memory they take. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startDaemon } from '../../e2e/daemon-process.ts';
import { countedSamples, metric } from '../kit.ts';
import { peakMebibytes } from './good-client.ts';

export interface LargeBodyFigures {
  readonly megabytes: number;
  /** Answers to: JSON that tells its length, JSON in chunks, both compressed ones. */
  readonly jsonStatus: number;
  readonly chunkedStatus: number;
  readonly gzipStatuses: readonly number[];
  readonly ndjsonStatus: number;
  readonly ndjsonRecords: number;
  readonly ndjsonCounted: number;
  readonly ndjsonSeconds: number;
  /** Of the daemon: before the first body, after all but NDJSON, after all. */
  readonly mebibytesBefore: number;
  readonly peakMebibytesJson: number;
  readonly peakMebibytesNdjson: number;
}

const CHAIN = 'order-processing';
const LINE = `{"chain_id":"${CHAIN}","response_time":0.1}\n`;
const CHUNK = Buffer.from(LINE.repeat(1000));

export async function largeBodies(megabytes: number): Promise<LargeBodyFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-large-'));
  const daemon = await startDaemon(['--data', folder]);
  const { url, pid } = daemon;
  const chunks = Math.ceil((megabytes * 1e6) / CHUNK.length);
  const mebibytesBefore = peakMebibytes(pid);
  const length = { 'content-length': String(chunks * CHUNK.length) };
  const json = { 'content-type': 'application/json' };
  const ndjson = { 'content-type': 'application/x-ndjson' };
  const jsonStatus = await send(url, { ...json, ...length }, chunks);
  const chunkedStatus = await send(url, json, chunks);
  const bomb = gzipSync(Buffer.alloc(megabytes * 1e6, ' '));
  const gzipStatuses = [];
  for (const type of [json, ndjson]) gzipStatuses.push(await sendCompressed(url, type, bomb));
  const peakMebibytesJson = peakMebibytes(pid);
  const start = performance.now();
  const ndjsonStatus = await send(url, { ...ndjson, ...length }, chunks);
  const ndjsonSeconds = Math.round((performance.now() - start) / 100) / 10;
  const figures = {
    megabytes,
    jsonStatus,
    chunkedStatus,
    gzipStatuses,
    ndjsonStatus,
    ndjsonRecords: chunks * 1000,
    ndjsonCounted: await countedSamples(url, CHAIN),
    ndjsonSeconds,
    mebibytesBefore,
    peakMebibytesJson,
    peakMebibytesNdjson: peakMebibytes(pid),
  };
  if ((await metric(url, 'dta_slo_records_accepted_total')) !== figures.ndjsonCounted)
    throw new Error('records are counted that were refused');
  await daemon.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

/** Sends the body as fast as it is taken, and answers the status; what is refused early is not sent to its end. */
async function send(url: string, headers: Record<string, string>, chunks: number): Promise<number> {
  const outgoing = request(`${url}/requests`, { method: 'POST', headers });
  let status = 0;
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    outgoing.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.resume();
      isOver = status >= 400;
      response.once('close', resolve);
    });
    outgoing.once('error', () => resolve());
    outgoing.once('close', resolve);
  });
  for (let index = 0; index < chunks && !isOver && !outgoing.destroyed; index += 1) {
    if (!outgoing.write(CHUNK)) await Promise.race([once(outgoing, 'drain').catch(() => undefined), ended]);
  }
  if (isOver) outgoing.destroy();
  else outgoing.end();
  await ended;
  return status;
}

async function sendCompressed(url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  const all = { ...headers, 'content-encoding': 'gzip' };
  return (await fetch(`${url}/requests`, { method: 'POST', headers: all, body: new Uint8Array(body) }))
    .status;
}
