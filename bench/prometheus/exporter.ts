/** Shows the histograms of many services: `exporter.ts SERVICES CHAINS` prints its address. A process of its own, so that its work is not counted as ours. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const BOUNDS = [
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.075',
  '0.1',
  '0.25',
  '0.5',
  '0.75',
  '1',
  '2.5',
  '5',
  '7.5',
  '10',
];
const NAME = 'http_server_request_duration_seconds';

const [services = 0, chains = 0] = process.argv.slice(2).map(Number);
const startMs = performance.now();
const series = Array.from({ length: services * chains }, (_, i) => {
  const [service, chain] = [Math.floor(i / chains), i % chains];
  return `job="service-${service}",http_route="/chain-${service}-${chain}",http_response_status_code="200"`;
});

/** Each series has 20 requests/s, with latencies over eight buckets. */
function page(): string {
  const requests = Math.floor(((performance.now() - startMs) / 1000) * 20);
  const lines = [`# TYPE ${NAME} histogram`];
  series.forEach((labels, at) => {
    BOUNDS.forEach((bound, i) => {
      const share = Math.min(1, Math.max(0, (i - (at % 4)) / 8));
      lines.push(`${NAME}_bucket{${labels},le="${bound}"} ${Math.floor(requests * share)}`);
    });
    lines.push(`${NAME}_bucket{${labels},le="+Inf"} ${requests}`);
    lines.push(`${NAME}_sum{${labels}} ${requests * 0.1}`, `${NAME}_count{${labels}} ${requests}`);
  });
  return `${lines.join('\n')}\n`;
}

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end(page());
});
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${(server.address() as AddressInfo).port}`));
