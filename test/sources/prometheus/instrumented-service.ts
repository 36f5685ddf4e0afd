import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The boundaries that the semantic conventions of OpenTelemetry advise for `http.server.request.duration`, s. */
export const OPENTELEMETRY_BOUNDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A small service that counts its requests as OpenTelemetry does and shows them to a scraper. */
export class InstrumentedService {
  readonly #server: Server;
  readonly #bounds: readonly number[];
  #series = new Map<string, Histogram>();
  /** More lines of its /metrics page, such as those of a cAdvisor. */
  more: () => string = () => '';
  isDown = false;

  private constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#server = createServer((_, response) => {
      response.statusCode = this.isDown ? 503 : 200;
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(this.isDown ? '' : this.text());
    });
  }

  static async start(bounds: readonly number[] = OPENTELEMETRY_BOUNDS): Promise<InstrumentedService> {
    const service = new InstrumentedService(bounds);
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  /** Makes a series known without a request: real instrumentation shows it after the first one. */
  announce(route: string, status = 200): void {
    this.#histogram(route, status);
  }

  observe(route: string, seconds: number, status = 200): void {
    const histogram = this.#histogram(route, status);
    const at = this.#bounds.findIndex((bound) => seconds <= bound);
    histogram.counts[at < 0 ? this.#bounds.length : at]! += 1;
    histogram.sum += seconds;
    histogram.count += 1;
  }

  /** As after a restart of the process. */
  reset(): void {
    for (const histogram of this.#series.values()) {
      histogram.counts.fill(0);
      histogram.sum = 0;
      histogram.count = 0;
    }
  }

  text(): string {
    const name = 'http_server_request_duration_seconds';
    const lines = [`# TYPE ${name} histogram`];
    for (const [labels, { counts, sum, count }] of this.#series) {
      let below = 0;
      this.#bounds.forEach((bound, i) => {
        below += counts[i]!;
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${below}`);
      });
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
    return `${lines.join('\n')}\n${this.more()}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #histogram(route: string, status: number): Histogram {
    const labels = `http_request_method="GET",http_route="${route}",http_response_status_code="${status}"`;
    let known = this.#series.get(labels);
    if (known === undefined) {
      known = { counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0, count: 0 };
      this.#series.set(labels, known);
    }
    return known;
  }
}
