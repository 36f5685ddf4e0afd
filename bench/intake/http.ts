/**
 * Records over HTTP: POST /requests against a bare Fastify route with the same schema and an empty handler, single records
 * and batches of 100, in turns within one run; and NDJSON records/s. Each server has a process of its own, the load
 * generator another. Besides requests/s it gives the CPU time that the server spends on a request, which does not
 * depend on what else the machine does.
 *
 *     npx tsx bench/intake/http.ts [--rounds 5] [--seconds 2] [--json]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const BATCH = 100;
const NDJSON_RECORDS = 400_000;
const RECORD = { service_id: 'auth-service', chain_id: 'order-processing', response_time: 0.042 };

export interface Comparison {
  readonly oursPerSecond: number;
  readonly barePerSecond: number;
  /** Requests/s of ours over those of the bare route, medians of the rounds. */
  readonly ratio: number;
  readonly oursCpuMicroseconds: number;
  readonly bareCpuMicroseconds: number;
  /** CPU time of the bare route over that of ours: what the ratio is when nothing but the server limits. */
  readonly cpuRatio: number;
}

export interface HttpIntakeResult {
  readonly single: Comparison;
  /** Bodies of 100 records. */
  readonly batch: Comparison & { readonly oursRecordsPerSecond: number };
  readonly ndjson: { readonly recordsPerSecond: number; readonly cpuMicrosecondsPerRecord: number };
}

/** Takes about 4 · rounds · seconds. */
export async function benchHttpIntake(rounds: number, seconds: number): Promise<HttpIntakeResult> {
  const ours = await start('ours');
  const bare = await start('bare');
  try {
    const one = JSON.stringify(RECORD);
    const many = JSON.stringify(Array(BATCH).fill(RECORD));
    await load(ours, '/requests', one, 1);
    await load(bare, '/requests', one, 1);
    const single = await compare(ours, bare, '/requests', one, rounds, seconds);
    const batch = await compare(ours, bare, '/batch', many, rounds, seconds);
    const ndjson = await streamed(ours);
    return { single, batch: { ...batch, oursRecordsPerSecond: batch.oursPerSecond * BATCH }, ndjson };
  } finally {
    for (const { child } of [ours, bare]) child.disconnect();
  }
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(kind: 'ours' | 'bare'): Promise<Server> {
  const child = fork(fileURLToPath(new URL('./http-server.ts', import.meta.url)), [kind]);
  const [message]: unknown[] = await once(child, 'message');
  return { child, port: numberOf(message, 'port') };
}

async function compare(
  ours: Server,
  bare: Server,
  barePath: string,
  body: string,
  rounds: number,
  seconds: number,
): Promise<Comparison> {
  const measured = { ours: [] as Load[], bare: [] as Load[] };
  for (let round = 0; round < rounds; round += 1) {
    // Who comes first changes from round to round.
    for (const name of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      const [server, path] = name === 'ours' ? [ours, '/requests'] : [bare, barePath];
      measured[name].push(await load(server, path, body, seconds));
    }
  }
  const rate = (loads: readonly Load[]) => median(loads.map(({ perSecond }) => perSecond));
  const cpu = (loads: readonly Load[]) => median(loads.map(({ cpuMicroseconds }) => cpuMicroseconds));
  return {
    oursPerSecond: Math.round(rate(measured.ours)),
    barePerSecond: Math.round(rate(measured.bare)),
    ratio: rate(measured.ours) / rate(measured.bare),
    oursCpuMicroseconds: cpu(measured.ours),
    bareCpuMicroseconds: cpu(measured.bare),
    cpuRatio: cpu(measured.bare) / cpu(measured.ours),
  };
}

interface Load {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** Pipelining keeps the load generator from being what is measured. */
async function load({ child, port }: Server, path: string, body: string, seconds: number): Promise<Load> {
  const url = `http://127.0.0.1:${port}${path}`;
  const headers = { 'content-type': 'application/json' };
  const before = await cpuSeconds(child);
  const result = await autocannon({
    url,
    method: 'POST',
    headers,
    body,
    connections: 8,
    pipelining: 8,
    duration: seconds,
  });
  const spent = (await cpuSeconds(child)) - before;
  const answered = numberOf(result, '2xx');
  if (numberOf(result, 'non2xx') + numberOf(result, 'errors') > 0)
    throw new Error(`${path}: not every answer was 2xx`);
  return { perSecond: answered / numberOf(result, 'duration'), cpuMicroseconds: (spent * 1e6) / answered };
}

async function streamed({ child, port }: Server): Promise<HttpIntakeResult['ndjson']> {
  const chunk = Buffer.from(`${JSON.stringify(RECORD)}\n`.repeat(1000));
  const cpuBefore = await cpuSeconds(child);
  const startedAt = performance.now();
  const headers = { 'content-type': 'application/x-ndjson' };
  const sending = request({ host: '127.0.0.1', port, path: '/requests', method: 'POST', headers });
  const answering = once(sending, 'response');
  for (let sent = 0; sent < NDJSON_RECORDS; sent += 1000) {
    if (!sending.write(chunk)) await once(sending, 'drain');
  }
  sending.end();
  const [response] = await answering;
  let text = '';
  for await (const part of response) text += String(part);
  const elapsed = (performance.now() - startedAt) / 1000;
  const accepted = numberOf(JSON.parse(text), 'accepted');
  if (accepted !== NDJSON_RECORDS)
    throw new Error(`sent ${NDJSON_RECORDS} records, ${accepted} were accepted`);
  const spent = (await cpuSeconds(child)) - cpuBefore;
  return {
    recordsPerSecond: Math.round(accepted / elapsed),
    cpuMicrosecondsPerRecord: (spent * 1e6) / accepted,
  };
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  const reply = once(child, 'message');
  child.send('usage');
  const [message]: unknown[] = await reply;
  return numberOf(message, 'cpuSeconds');
}

/** The package brings no types. */
function autocannon(options: object): Promise<unknown> {
  const generator: unknown = createRequire(import.meta.url)('autocannon');
  if (typeof generator !== 'function') throw new Error('autocannon is not what it was');
  return Promise.resolve(generator(options));
}

function numberOf(value: unknown, key: string): number {
  const found =
    typeof value === 'object' && value !== null
      ? Object.entries(value).find(([name]) => name === key)
      : undefined;
  const number: unknown = found?.[1];
  if (typeof number !== 'number') throw new Error(`no ${key} in the answer`);
  return number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const result = await benchHttpIntake(Number(values.rounds), Number(values.seconds));
  for (const kind of ['single', 'batch'] as const) {
    const { oursPerSecond, barePerSecond, ratio, cpuRatio } = result[kind];
    console.log(
      `${kind}: ${oursPerSecond}/s, bare ${barePerSecond}/s, ratio ${ratio.toFixed(3)}, by CPU ${cpuRatio.toFixed(3)}`,
    );
  }
  console.log(`ndjson: ${result.ndjson.recordsPerSecond} records/s`);
  if (values.json) console.log(JSON.stringify(result));
}
