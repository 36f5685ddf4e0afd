/** Records of ever new names: what they cost the daemon and those whose names are known. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../e2e/daemon-process.ts';
import { call, countedSamples, metric, postSamples, textFile } from '../kit.ts';
import { GoodClient, peakMebibytes, type Served } from './good-client.ts';

export interface ManyIdsFigures {
  readonly unknown: 'reject' | 'learn';
  readonly ids: number;
  readonly accepted: number;
  readonly seconds: number;
  readonly series: number;
  readonly peakMebibytes: number;
  readonly metricsKilobytes: number;
  readonly metricsMs: number;
  readonly metricsLines: number;
  readonly passMs: number;
  readonly served: Served;
  /** Records of the known chain that were accepted before and after, and how many of them are counted. */
  readonly knownSent: number;
  readonly knownCounted: number;
}

const LINES_AT_ONCE = 10_000;
const KNOWN = 'order-processing';

export async function manyIds(ids: number, unknown: 'reject' | 'learn'): Promise<ManyIdsFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'dta-slo-ids-'));
  const daemon = await startDaemon(['--config', configFor(unknown), '--data', folder]);
  const { url, pid } = daemon;
  await postSamples(url, KNOWN, 100);
  const good = new GoodClient(url);
  const start = performance.now();
  const accepted = await postNewNames(url, ids);
  const seconds = (performance.now() - start) / 1000;
  const served = await good.end();
  await postSamples(url, KNOWN, 100);
  const metricsStart = performance.now();
  const text = await (await fetch(`${url}/metrics`)).text();
  const metricsMs = performance.now() - metricsStart;
  const passStart = performance.now();
  await call(url, 'POST', '/allocations');
  const passMs = performance.now() - passStart;
  const figures = {
    unknown,
    ids,
    accepted,
    seconds: Math.round(seconds * 10) / 10,
    series: await metric(url, 'dta_slo_series'),
    peakMebibytes: peakMebibytes(pid),
    metricsKilobytes: Math.round(text.length / 1000),
    metricsMs: Math.round(metricsMs),
    metricsLines: text.split('\n').length,
    passMs: Math.round(passMs),
    served,
    knownSent: 200,
    knownCounted: await countedSamples(url, KNOWN),
  };
  await daemon.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

function configFor(unknown: 'reject' | 'learn'): string {
  const shipped = readFileSync('config/config.yaml', 'utf8');
  return textFile(shipped.replace('monitoring:', `monitoring:\n  unknown: ${unknown}`));
}

/** Answers how many were accepted. */
async function postNewNames(url: string, ids: number): Promise<number> {
  let accepted = 0;
  for (let first = 0; first < ids; first += LINES_AT_ONCE) {
    const count = Math.min(LINES_AT_ONCE, ids - first);
    const lines = Array.from({ length: count }, (_, index) => line(first + index)).join('');
    const headers = { 'content-type': 'application/x-ndjson' };
    const response = await fetch(`${url}/requests`, { method: 'POST', body: lines, headers });
    // biome-ignore lint/suspicious/noExplicitAny: a problem has no such member
    const answer: any = await response.json();
    accepted += answer.accepted ?? 0;
  }
  return accepted;
}

function line(index: number): string {
  return `{"service_id":"service-${index}","chain_id":"chain-${index}","response_time":0.01}\n`;
}
