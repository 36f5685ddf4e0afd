/**
 * Memory of the traffic monitor after more than an hour of ordinary traffic on many series, and what its reads cost then.
 *
 *     npx tsx bench/intake/monitor-memory.ts --json [--series 10000]
 */
import { pathToFileURL } from 'node:url';
import { TrafficMonitor } from '../../src/components/traffic-monitor/traffic-monitor.ts';
import { seededRandom } from '../../src/utils/random.ts';

export interface MonitorMemoryFigures {
  readonly series: number;
  readonly records: number;
  readonly memory_mebibytes: number;
  readonly bytes_per_series: number;
  readonly get_metrics_300_cpu_ms: number;
  readonly get_metrics_3600_cpu_ms: number;
  /** A record for every series included. */
  readonly drain_cpu_ms: number;
  readonly drained_rows: number;
  readonly drained_bytes: number;
}

/** Each series has a request every `secondsBetween`, log-normal latencies, for 70 minutes. */
export function measureMonitorMemory(series = 10_000, secondsBetween = 2): MonitorMemoryFigures {
  const before = memory();
  const clock = { seconds: 1_700_000_000, nowSeconds: () => clock.seconds };
  const monitor = new TrafficMonitor({ clock, maxSeries: series });
  const random = seededRandom(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const names = Array.from({ length: series }, (_, i) => `service-${i}`);
  let rows = monitor.drain();
  for (let second = 0; second < 4200; second++) {
    clock.seconds++;
    for (let i = second % secondsBetween; i < series; i += secondsBetween) {
      monitor.recordRequest(names[i]!, 'chain', 0.05 * Math.exp(0.5 * normal()), i % 100 === 0);
    }
    if (second % 10 === 9) rows = monitor.drain();
  }
  const used = memory() - before;
  rows = [];
  const short = timed(() => monitor.getMetrics(300));
  const long = timed(() => monitor.getMetrics(3600));
  const drain = timed(() => {
    for (const name of names) monitor.recordRequest(name, 'chain', 0.05);
    rows = monitor.drain();
  });
  return {
    series,
    records: monitor.stats.accepted,
    memory_mebibytes: Math.round(used / 2 ** 20),
    bytes_per_series: Math.round(used / series),
    get_metrics_300_cpu_ms: short,
    get_metrics_3600_cpu_ms: long,
    drain_cpu_ms: drain,
    drained_rows: rows.length,
    drained_bytes: rows.reduce((sum, row) => sum + row.payload.length, 0),
  };
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** CPU time of one call, ms: the median of five. */
function timed(run: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = process.cpuUsage();
    run();
    const used = process.cpuUsage(start);
    return (used.user + used.system) / 1000;
  });
  return Math.round(times.sort((a, b) => a - b)[2]! * 10) / 10;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const at = process.argv.indexOf('--series');
  const figures = measureMonitorMemory(at < 0 ? 10_000 : Number(process.argv[at + 1]));
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
  else console.table(figures);
}
