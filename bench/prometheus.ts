/**
 * Time and memory of one refresh of 1,000 services × 3 chains from a real Prometheus that scrapes them, against the bare
 * download and JSON.parse of answers to the same queries, in one run. Takes about a minute: samples must come to be.
 *
 *     npm run -s bench:prometheus -- [--services 1000] [--chains 3] [--rounds 3] --json      last line: one JSON object
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { TrafficMonitor } from '../src/components/traffic-monitor/traffic-monitor.ts';
import { buildSettings } from '../src/config/build.ts';
import { readDocument } from '../src/config/read.ts';
import type { PrometheusSettings } from '../src/models/prometheus-settings.ts';
import type { Settings } from '../src/models/settings.ts';
import type { StepRange } from '../src/sources/prometheus/range-client.ts';
import { Refresher } from '../src/sources/prometheus/refresher.ts';
import { systemClock } from '../src/utils/system-clock.ts';
import { prometheusTool } from '../test/prometheus-tools.ts';
import { PrometheusServer } from '../test/sources/prometheus/prometheus-server.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    services: { type: 'string', default: '1000' },
    chains: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});
const [services, chains, rounds] = [values.services, values.chains, values.rounds].map(Number) as [
  number,
  number,
  number,
];

const STEP = 10;
const SCRAPE_SECONDS = 5;
const clock = systemClock();

const program = prometheusTool('prometheus');
if (program === undefined) throw new Error('prometheus is missing: run .ci/prometheus');
const exporter = spawn(
  process.execPath,
  ['--import', 'tsx', 'bench/prometheus/exporter.ts', `${services}`, `${chains}`],
  {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const address = String((await once(exporter.stdout!, 'data'))[0]).trim();
const server = await PrometheusServer.start(program, {
  jobs: [{ job: 'all', targets: [address] }],
  scrapeSeconds: SCRAPE_SECONDS,
  honorLabels: true,
});
try {
  await measure();
} finally {
  await server.stop();
  exporter.kill();
}

async function measure(): Promise<void> {
  const settings = settingsFor(server.url);
  const prometheus = settings.prometheus!;
  console.log(`${services} services × ${chains} chains; waiting for samples`);
  await clock.sleep(8 * SCRAPE_SECONDS);
  const { topology, monitoring, prediction } = settings;
  const monitor = new TrafficMonitor({
    ...monitoring,
    step: prediction.step,
    topology,
    clock,
    isFed: () => true,
  });
  const sinks = {
    traffic: monitor,
    recordUsage: () => {},
    latestUsageSeconds: () => undefined,
    instancesTold: () => undefined,
  };
  const refresher = new Refresher(prometheus, topology, sinks, clock.nowSeconds());
  while (await refresher.advance(clock.nowSeconds(), new AbortController().signal));
  const ours: Cost[] = [];
  const baseBytes = process.memoryUsage().rss;
  for (let round = 0; round < rounds; round++) {
    while (refresher.dueSeconds(clock.nowSeconds()) <= refresher.knownUntilSeconds) await clock.sleep(0.1);
    const before = refresher.bytesRead;
    ours.push(
      await costOf(async () => {
        await refresher.advance(clock.nowSeconds(), new AbortController().signal);
        return refresher.bytesRead - before;
      }),
    );
  }
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const peers: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    peers.push(await costOf(() => bareDownload(prometheus, refresher.latestRange!)));
  }
  refresher.close();
  report(ours, peers, peakRssBytes - baseBytes, monitor, refresher);
}

interface Cost {
  readonly seconds: number;
  readonly cpuMs: number;
  readonly bytes: number;
}

async function costOf(run: () => Promise<number>): Promise<Cost> {
  const [startMs, cpu] = [performance.now(), process.cpuUsage()];
  const bytes = await run();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startMs) / 1000, cpuMs: (user + system) / 1000, bytes };
}

/** What cannot be done with less: the same answers, downloaded and parsed, and nothing made of them. */
async function bareDownload({ url, queries, step }: PrometheusSettings, range: StepRange): Promise<number> {
  let bytes = 0;
  const { firstSeconds, count } = range;
  for (const query of Object.values(queries)) {
    const form = {
      query,
      start: `${firstSeconds}`,
      end: `${firstSeconds + (count - 1) * step}`,
      step: `${step}`,
    };
    const response = await fetch(`${url}/api/v1/query_range`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const body = Buffer.from(await response.arrayBuffer());
    bytes += body.length;
    JSON.parse(body.toString('utf8'));
  }
  return bytes;
}

function settingsFor(url: string): Settings {
  const named = (prefix: string, of: number) => Array.from({ length: of }, (_, i) => `${prefix}${i}`);
  const bounds = { min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 };
  const ways = named('service-', services).map(
    (service, i) => [service, { chains: named(`chain-${i}-`, chains), ...bounds }] as const,
  );
  const names = ways.flatMap(([, { chains: of }]) => of);
  const document = {
    monitoring: { source: 'prometheus' },
    prometheus: {
      url,
      preset: 'opentelemetry',
      step: STEP,
      window: 4 * SCRAPE_SECONDS,
      delay: 1,
      lookback: 2 * STEP,
      timeout: 60,
      chains: Object.fromEntries(names.map((name) => [name, { match: `/${name}` }])),
    },
    services: Object.fromEntries(ways),
    slos: Object.fromEntries(names.map((name) => [name, 0.5])),
  };
  const { complete, problems } = readDocument(document, 'bench');
  if (complete === undefined) throw new Error(JSON.stringify(problems));
  return buildSettings(complete, {});
}

function report(
  ours: readonly Cost[],
  peers: readonly Cost[],
  peakBytes: number,
  monitor: TrafficMonitor,
  refresher: Refresher,
): void {
  const median = (costs: readonly Cost[], of: keyof Cost) =>
    costs.map((cost) => cost[of]).sort((a, b) => a - b)[costs.length >> 1]!;
  const result = {
    services,
    series: services * chains,
    buckets: 15,
    points: refresher.latestRange!.count,
    samples: services * chains * (15 + 3) * refresher.latestRange!.count,
    refresh_seconds: rounded(median(ours, 'seconds')),
    cpu_ms: rounded(median(ours, 'cpuMs')),
    peak_rss_delta_mib: rounded(peakBytes / 2 ** 20),
    bytes: median(ours, 'bytes'),
    peer_seconds: rounded(median(peers, 'seconds')),
    peer_cpu_ms: rounded(median(peers, 'cpuMs')),
    peer_bytes: median(peers, 'bytes'),
    ratio_seconds: rounded(median(ours, 'seconds') / median(peers, 'seconds')),
    ratio_cpu: rounded(median(ours, 'cpuMs') / median(peers, 'cpuMs')),
    known_series: monitor.getMetrics(60).services.length,
  };
  console.log(
    `one refresh ${result.refresh_seconds} s, ${result.cpu_ms} ms of CPU, ${rounded(result.bytes / 2 ** 20)} MiB read; ` +
      `bare download and JSON.parse ${result.peer_seconds} s, ${result.peer_cpu_ms} ms (${result.ratio_cpu} ×)`,
  );
  if (values.json) console.log(JSON.stringify(result));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
