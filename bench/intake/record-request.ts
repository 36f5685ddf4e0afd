/**
 * How many records a second `TrafficMonitor.recordRequest` takes in one thread, against the naive way in the same run:
 * an object pushed to an array per key.
 *
 *     npx tsx bench/intake/record-request.ts --json
 */
import { pathToFileURL } from 'node:url';
import { TrafficMonitor } from '../../src/components/traffic-monitor/traffic-monitor.ts';
import { seededRandom } from '../../src/utils/random.ts';

export interface RecordRequestOptions {
  /** Default 20. */
  readonly services?: number;
  /** Chains of each service. Default 5. */
  readonly chains?: number;
  /** Default 7; the first warms up and is not counted. */
  readonly rounds?: number;
  /** Default 1,000,000. */
  readonly recordsPerRound?: number;
}

export interface RecordRequestFigures {
  /** Median over the rounds; timestamps not given. */
  readonly records_per_second: number;
  /** Median; the timestamp of each record is given, up to 2 s old. */
  readonly records_per_second_with_timestamp: number;
  /** Per second of CPU time: what is left of the above when others use the machine too. */
  readonly records_per_cpu_second: number;
  /** Median of the naive way, timestamps not given. */
  readonly peer_records_per_second: number;
  /** records_per_second of each counted round. */
  readonly rounds: readonly number[];
  readonly series: number;
  readonly records_per_round: number;
}

interface Workload {
  readonly services: readonly string[];
  readonly chains: readonly string[];
  readonly latencies: Float64Array;
  readonly ages: Float64Array;
}

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const TABLE = 1 << 16;

export function measureRecordRequest(options: RecordRequestOptions = {}): RecordRequestFigures {
  const { services = 20, chains = 5, rounds = 7, recordsPerRound = 1_000_000 } = options;
  const workload = workloadOf(services, chains);
  const monitor = new TrafficMonitor();
  const plain: Rate[] = [];
  const stamped: Rate[] = [];
  const peer: Rate[] = [];
  for (let round = 0; round < rounds; round++) {
    plain.push(timed(recordsPerRound, () => feed(monitor, workload, recordsPerRound)));
    stamped.push(timed(recordsPerRound, () => feedStamped(monitor, workload, recordsPerRound)));
    peer.push(timed(recordsPerRound, () => feedNaive(workload, recordsPerRound)));
  }
  checkAllCounted(monitor, 2 * rounds * recordsPerRound);
  const counted = (rates: readonly Rate[]) => rates.slice(1);
  return {
    records_per_second: median(counted(plain).map((rate) => rate.perSecond)),
    records_per_second_with_timestamp: median(counted(stamped).map((rate) => rate.perSecond)),
    records_per_cpu_second: median(counted(plain).map((rate) => rate.perCpuSecond)),
    peer_records_per_second: median(counted(peer).map((rate) => rate.perSecond)),
    rounds: counted(plain).map((rate) => Math.round(rate.perSecond)),
    series: monitor.stats.series,
    records_per_round: recordsPerRound,
  };
}

/** Log-normal latencies around 50 ms, as services have them. */
function workloadOf(services: number, chains: number): Workload {
  const random = seededRandom(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {
    services: Array.from({ length: services }, (_, i) => `service-${i}`),
    chains: Array.from({ length: chains }, (_, i) => `chain-${i}`),
    latencies: Float64Array.from({ length: TABLE }, () => 0.05 * Math.exp(0.5 * normal())),
    ages: Float64Array.from({ length: TABLE }, () => 2 * random()),
  };
}

function feed(monitor: TrafficMonitor, workload: Workload, records: number): void {
  const { services, chains, latencies } = workload;
  for (let i = 0; i < records; i++) {
    const chain = chains[Math.floor(i / services.length) % chains.length]!;
    monitor.recordRequest(services[i % services.length]!, chain, latencies[i % TABLE]!, i % 100 === 0);
  }
}

function feedStamped(monitor: TrafficMonitor, workload: Workload, records: number): void {
  const { services, chains, latencies, ages } = workload;
  const now = Date.now() / 1000;
  for (let i = 0; i < records; i++) {
    const chain = chains[Math.floor(i / services.length) % chains.length]!;
    const service = services[i % services.length]!;
    monitor.recordRequest(service, chain, latencies[i % TABLE]!, i % 100 === 0, now - ages[i % TABLE]!);
  }
}

function feedNaive(workload: Workload, records: number): void {
  const { services, chains, latencies } = workload;
  const kept = new Map<string, object[]>();
  for (let i = 0; i < records; i++) {
    const chain = chains[Math.floor(i / services.length) % chains.length]!;
    const key = `${services[i % services.length]!}/${chain}`;
    const record = { at: Date.now() / 1000, latency: latencies[i % TABLE]!, isError: i % 100 === 0 };
    const list = kept.get(key);
    if (list === undefined) kept.set(key, [record]);
    else list.push(record);
  }
}

function timed(records: number, run: () => void): Rate {
  const cpu = process.cpuUsage();
  const start = performance.now();
  run();
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  return { perSecond: records / seconds, perCpuSecond: records / ((used.user + used.system) / 1e6) };
}

function checkAllCounted(monitor: TrafficMonitor, records: number): void {
  const { accepted } = monitor.stats;
  if (accepted !== records) throw new Error(`${accepted} of ${records} records were accepted`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const figures = measureRecordRequest();
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
  else console.table(figures);
}
