import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../prometheus-tools.ts';
import { PrometheusServer } from './prometheus-server.ts';
import { fedBy, machineClock, shopSettings } from './source-fixtures.ts';

const PER_SECOND = 50;
const BOUNDS = [1, 5, 10, 25, 50, 100, 250, 500];

/** What the proxies of both meshes show of web and db, as their references have it; latencies in ms. */
function meshMetrics(requests: number): string {
  const istio = (reporter: string, service: string, code: string) =>
    `reporter="${reporter}",destination_canonical_service="${service}",request_protocol="http",response_code="${code}"`;
  const linkerd = (direction: string, service: string, status: string, more = '') =>
    `direction="${direction}",deployment="${service}",status_code="${status}",route_name="default"${more}`;
  const [good, bad] = ['success', 'failure'].map((kind) => `,classification="${kind}"`);
  const lines = [
    ...counter('istio_requests_total', istio('destination', 'web', '200'), requests),
    ...counter('istio_requests_total', istio('destination', 'web', '503'), requests / 10),
    ...counter('istio_requests_total', istio('source', 'web', '200'), requests * 7),
    ...counter('istio_requests_total', istio('waypoint', 'db', '200'), requests * 2),
    ...histogram('istio_request_duration_milliseconds', istio('destination', 'web', '200'), requests),
    ...histogram('istio_request_duration_milliseconds', istio('destination', 'web', '503'), requests / 10),
    ...histogram('istio_request_duration_milliseconds', istio('waypoint', 'db', '200'), requests * 2),
    ...counter('response_total', linkerd('inbound', 'web', '200', good), requests),
    ...counter('response_total', linkerd('inbound', 'web', '500', bad), requests / 10),
    ...counter('response_total', linkerd('outbound', 'web', '200', good), requests * 7),
    ...counter('response_total', linkerd('inbound', 'db', '200', good), requests * 2),
    ...histogram('response_latency_ms', linkerd('inbound', 'web', '200'), requests),
    ...histogram('response_latency_ms', linkerd('inbound', 'db', '200'), requests * 2),
  ];
  return `${lines.join('\n')}\n`;
}

function counter(name: string, labels: string, value: number): string[] {
  return [`${name}{${labels}} ${Math.floor(value)}`];
}

/** All between 25 and 50 ms. */
function histogram(name: string, labels: string, count: number): string[] {
  const whole = Math.floor(count);
  return [
    ...BOUNDS.map((bound) => `${name}_bucket{${labels},le="${bound}"} ${bound >= 50 ? whole : 0}`),
    `${name}_bucket{${labels},le="+Inf"} ${whole}`,
    `${name}_sum{${labels}} ${whole * 40}`,
    `${name}_count{${labels}} ${whole}`,
  ];
}

describeWith('prometheus', 'the metrics of a mesh that a real Prometheus has scraped', (program) => {
  let page: Server;
  let server: PrometheusServer;

  beforeAll(async () => {
    const startSeconds = machineClock.nowSeconds();
    page = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(meshMetrics((machineClock.nowSeconds() - startSeconds) * PER_SECOND));
    });
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(page.address() as AddressInfo).port}`;
    server = await PrometheusServer.start(program, { jobs: [{ job: 'mesh', targets: [target] }] });
    await server.untilScraped('mesh', 9);
  }, 40_000);

  afterAll(async () => {
    await server?.stop();
    page.closeAllConnections();
    await new Promise((resolve) => page.close(resolve));
  });

  for (const preset of ['istio', 'linkerd']) {
    it(`are read with the preset ${preset}: the called side alone, milliseconds, failures apart`, async () => {
      // web serves two chains: the preset cannot tell them apart, so that here its traffic goes to one of them by a constant label.
      const settings = shopSettings(
        `url: "${server.url}", preset: ${preset}, selector: 'instance!=""', chain_label: job, services: { web: { chains: { buy: mesh } } }, lookback: 60`,
      );
      const { monitor, source } = fedBy(settings);
      await source.refresh();
      expect(source.status.health).toEqual({ kind: 'ok' });
      const until = Math.floor((machineClock.nowSeconds() - 1) / 2) * 2;
      const metrics = monitor.getMetrics(4, until).services;
      const of = (name: string) => metrics.find(({ service, chain }) => service === name && chain === 'buy')!;
      const [web, db] = [of('web'), of('db')];
      expect(web.requests / 4 / PER_SECOND).toBeGreaterThan(0.9);
      expect(web.requests / 4 / PER_SECOND).toBeLessThan(1.3);
      expect(web.errorRatio).toBeCloseTo(0.1 / 1.1, 1);
      expect(db.requests / 4 / PER_SECOND).toBeCloseTo(2, 0);
      expect(db.errorRatio).toBe(0);
      for (const { latency } of [web, db]) {
        expect(latency.meanSeconds).toBeCloseTo(0.04, 3);
        expect(latency.quantile(0.5)).toBeCloseTo(0.0375, 3);
      }
    });
  }
});
