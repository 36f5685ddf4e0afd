import { seededRandom } from '../../../src/utils/random.ts';

/** Each chain's way and its mean rate, requests/s. */
const CHAINS = [
  { chain: 'user-registration', services: ['auth-service'], rate: 40 },
  { chain: 'order-processing', services: ['auth-service', 'payment-service'], rate: 30 },
  { chain: 'subscription-management', services: ['payment-service'], rate: 20 },
] as const;

/** CPU of one visit, core-seconds. */
const DEMAND = { 'auth-service': 0.02, 'payment-service': 0.03 };
const CORES = 4;

export interface Visit {
  readonly service: string;
  readonly chain: string;
  readonly atSeconds: number;
  readonly seconds: number;
}

/** Traffic between two times, in order: it rises and falls, and latency with it (processor sharing, exponential work). */
export function simulatedVisits(fromSeconds: number, untilSeconds: number): readonly Visit[] {
  const random = seededRandom(42);
  const visits: Visit[] = [];
  const level = (at: number) => 1 + 0.6 * Math.sin((2 * Math.PI * (at - fromSeconds)) / 1500);
  const utilization = (service: keyof typeof DEMAND, at: number) =>
    (CHAINS.filter(({ services }) => services.some((each) => each === service)).reduce(
      (sum, { rate }) => sum + rate * level(at),
      0,
    ) *
      DEMAND[service]) /
    CORES;
  for (const { chain, services, rate } of CHAINS) {
    for (let at = fromSeconds; at < untilSeconds; ) {
      at += -Math.log(1 - random()) / (rate * level(at));
      for (const service of services) {
        const mean = DEMAND[service] / (1 - utilization(service, at));
        visits.push({ service, chain, atSeconds: at, seconds: -Math.log(1 - random()) * mean });
      }
    }
  }
  return visits.filter(({ atSeconds }) => atSeconds < untilSeconds).sort((a, b) => a.atSeconds - b.atSeconds);
}

/** What a Prometheus that scrapes every 15 s would have seen of them, as OpenMetrics. */
export function scraped(
  visits: readonly Visit[],
  bounds: readonly number[],
  fromSeconds: number,
  untilSeconds: number,
): string {
  const name = 'http_server_request_duration_seconds';
  const series = new Map<string, { counts: number[]; sum: number }>();
  const lines = [`# TYPE ${name} histogram`];
  for (const { service, chain } of visits) {
    series.set(labelsOf(service, chain), { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 });
  }
  let next = 0;
  for (let at = fromSeconds; at <= untilSeconds; at += 15) {
    for (; next < visits.length && visits[next]!.atSeconds <= at; next++) {
      const { service, chain, seconds } = visits[next]!;
      const histogram = series.get(labelsOf(service, chain))!;
      const bucket = bounds.findIndex((bound) => seconds <= bound);
      histogram.counts[bucket < 0 ? bounds.length : bucket]! += 1;
      histogram.sum += seconds;
    }
    for (const [labels, { counts, sum }] of series) {
      let below = 0;
      counts.forEach((count, i) => {
        below += count;
        lines.push(`${name}_bucket{${labels},le="${bounds[i] ?? '+Inf'}"} ${below} ${at}`);
      });
      lines.push(`${name}_sum{${labels}} ${sum} ${at}`, `${name}_count{${labels}} ${below} ${at}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

function labelsOf(service: string, chain: string): string {
  return `job="${service}",http_route="/${chain}",http_response_status_code="200"`;
}
