import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../prometheus-tools.ts';
import { encodeFamily, NativeHistogram, PROTOBUF_TYPE } from './native-exposition.ts';
import { PrometheusServer } from './prometheus-server.ts';
import { fedBy, machineClock, shopSettings } from './source-fixtures.ts';

const NAME = 'http_server_request_duration_seconds';

describeWith('prometheus', 'native histograms that a real Prometheus has scraped', (program) => {
  const answered = new NativeHistogram();
  const failed = new NativeHistogram();
  let service: Server;
  let server: PrometheusServer;
  let timer: NodeJS.Timeout;

  beforeAll(async () => {
    service = createServer((_, response) => {
      response.setHeader('content-type', PROTOBUF_TYPE);
      const labels = (status: string) => ({ http_route: '/buy', http_response_status_code: status });
      response.end(
        encodeFamily(NAME, [
          [labels('200'), answered],
          [labels('500'), failed],
        ]),
      );
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(service.address() as AddressInfo).port}`;
    server = await PrometheusServer.start(program, {
      jobs: [{ job: 'db', targets: [target] }],
      flags: ['--enable-feature=native-histograms'],
    });
    let tick = 0;
    timer = setInterval(() => {
      answered.observe(0.02 * 1.5 ** (tick % 7));
      if (tick++ % 10 === 0) failed.observe(0.001);
    }, 20);
    await server.untilScraped('db', 9);
  }, 30_000);

  afterAll(async () => {
    clearInterval(timer);
    await server?.stop();
    await new Promise((resolve) => service.close(resolve));
  });

  it('give rates, errors and the quantiles of histogram_quantile', async () => {
    const { monitor, source } = fedBy(
      shopSettings(`url: "${server.url}", preset: opentelemetry, histograms: native, lookback: 60`),
    );
    await source.refresh();
    expect(source.status.health).toEqual({ kind: 'ok' });
    const until = Math.floor((machineClock.nowSeconds() - 1) / 2) * 2;
    expect(monitor.toldUntilSeconds('db', 'buy')).toBeGreaterThanOrEqual(until);
    const [db] = monitor.getMetrics(4, until).services;
    expect(db).toMatchObject({ service: 'db', chain: 'buy' });
    expect(db!.requests / 4).toBeGreaterThan(30);
    expect(db!.requests / 4).toBeLessThan(65);
    expect(db!.errorRatio).toBeGreaterThan(0.05);
    expect(db!.errorRatio).toBeLessThan(0.15);
    for (const q of [0.5, 0.95]) {
      const selected = `${NAME}{http_response_status_code="200"}`;
      const [answer] = await server.query(`histogram_quantile(${q}, sum (rate(${selected}[6s] @ ${until})))`);
      const expected = Number(answer?.value[1]);
      expect(Math.abs(db!.latency.quantile(q) / expected - 1), `p${q * 100}`).toBeLessThan(0.1);
    }
    // The histogram brings its own sum.
    expect(Math.abs(db!.latency.meanSeconds / ((0.02 * 32.17) / 7) - 1)).toBeLessThan(0.1);
  });
});
