import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrafficMonitor } from '../../../src/components/traffic-monitor/traffic-monitor.ts';
import type { SeriesWindowRow } from '../../../src/models/metrics.ts';
import { describeWith } from '../../prometheus-tools.ts';
import { InstrumentedService } from './instrumented-service.ts';
import { PrometheusServer } from './prometheus-server.ts';
import { machineClock as clock, fedBy, shopSettings, sleep } from './source-fixtures.ts';

/** Everything happens once, then all tests read it: a scrape takes a second of real time. */
const TRAFFIC_SECONDS = 16;
const TICK_MS = 50;
const PER_SECOND = 1000 / TICK_MS;

describeWith('prometheus', 'traffic that a real Prometheus has scraped', (program) => {
  let services: InstrumentedService[] = [];
  let server: PrometheusServer;
  let startSeconds = 0;
  let endSeconds = 0;
  const settings = () =>
    shopSettings(
      `url: "${server.url}", preset: opentelemetry, chains: { buy: { match: "/buy/.*" }, browse: { match: ["/", "/list"] } }`,
    );

  beforeAll(async () => {
    const [web, db, night] = await Promise.all([1, 2, 3].map(() => InstrumentedService.start()));
    services = [web!, db!, night!];
    for (const route of ['/buy/cart', '/buy/pay', '/', '/list']) web!.announce(route);
    web!.announce('/buy/pay', 500);
    db!.announce('/query');
    night!.announce('/list');
    db!.more = () => cadvisor();
    server = await PrometheusServer.start(program, {
      jobs: [
        { job: 'web', targets: [web!.address] },
        { job: 'db', targets: [db!.address] },
        { job: 'night', targets: [night!.address] },
      ],
    });
    for (const job of ['web', 'db', 'night']) await server.untilScraped(job, 3);
    startSeconds = clock.nowSeconds();
    let tick = 0;
    const timer = setInterval(() => {
      // As many as are due: timers come late on a busy machine.
      for (; tick < (clock.nowSeconds() - startSeconds) * PER_SECOND; tick++) {
        web!.observe('/buy/cart', 0.03 + 0.0004 * (tick % 100));
        web!.observe('/buy/pay', 0.2 + 0.002 * (tick % 97));
        if (tick % 5 === 0) web!.observe('/buy/pay', 0.001, 500);
        if (tick % 2 === 0) web!.observe('/list', 0.01);
        db!.observe('/query', 0.02);
        if (tick === 8 * PER_SECOND) db!.reset();
      }
    }, TICK_MS);
    setTimeout(() => {
      night!.isDown = true;
    }, 8000);
    await sleep(TRAFFIC_SECONDS);
    clearInterval(timer);
    endSeconds = clock.nowSeconds();
    await sleep(2);
  }, 40_000);

  afterAll(async () => {
    await server?.stop();
    await Promise.all(services.map((service) => service.stop()));
  });

  /** Seconds in which all traffic was steady and scraped. */
  const steady = () => ({ from: Math.ceil(startSeconds) + 4, until: Math.floor(endSeconds) - 1 });

  it('counts what was requested, by service and chain, failed ones beside the others', async () => {
    const { monitor, source } = fedBy(settings());
    await source.refresh();
    expect(source.status.health).toEqual({ kind: 'ok' });
    const { from, until } = steady();
    const metrics = monitor.getMetrics(until - from, until);
    const of = (service: string, chain: string) =>
      metrics.services.find((series) => series.service === service && series.chain === chain)!;
    const rows = monitor.drain();
    const rate = (service: string, chain: string) => {
      const rates = ratesOf(rows, service, chain, from, until).filter(Number.isFinite);
      expect(rates.length).toBeGreaterThan(2);
      return rates.reduce((sum, each) => sum + each, 0) / rates.length;
    };
    const near = (value: number, expected: number) =>
      expect(Math.abs(value / expected - 1), `${value} instead of ${expected}`).toBeLessThan(0.1);
    near(rate('web', 'buy'), 2.2 * PER_SECOND);
    near(rate('web', 'browse'), 0.5 * PER_SECOND);
    near(of('web', 'buy').errorRatio, 0.2 / 2.2);
    expect(of('web', 'browse').errorRatio).toBe(0);
    near(of('db', 'buy').latency.meanSeconds, 0.02);
  });

  it('reads the quantiles that histogram_quantile interpolates', async () => {
    const { monitor, source } = fedBy(settings());
    await source.refresh();
    const { until } = steady();
    const [end, length] = [until - (until % 2), 10];
    const latency = monitor
      .getMetrics(length, end)
      .services.find(({ service, chain }) => service === 'web' && chain === 'buy')!.latency;
    // Half of the requests are fast and half are slow: between them every answer is as good as another. What a scrape caught
    // of the two halves differs by a few requests from one reading to the other, which moves a quantile inside its bucket.
    for (const q of [0.3, 0.9, 0.95, 0.99]) {
      const selector = '{job="web",http_route=~"/buy/.*",http_response_status_code="200"}';
      const buckets = `http_server_request_duration_seconds_bucket${selector}`;
      const [answer] = await server.query(
        `histogram_quantile(${q}, sum by (le) (rate(${buckets}[${length}s] @ ${end})))`,
      );
      const expected = Number(answer?.value[1]);
      const found = latency.quantile(q);
      expect(Math.abs(found / expected - 1), `p${q * 100}: ${found} and ${expected}`).toBeLessThan(0.1);
    }
  });

  it('knows a service without traffic from one that is not scraped', async () => {
    const { monitor, source } = fedBy(settings());
    await source.refresh();
    // night has no request at all: it is scraped for 8 s, then it is down.
    const rows = monitor.drain();
    const rates = (from: number) =>
      ratesOf(rows, 'night', 'browse', startSeconds + from, startSeconds + from + 5);
    expect(rates(0)).toContain(0);
    expect(rates(0).every((rate) => rate === 0 || Number.isNaN(rate))).toBe(true);
    expect(rates(12)).toEqual([Number.NaN, Number.NaN]);
    const told = monitor.toldUntilSeconds('night', 'browse');
    expect(told).toBeGreaterThan(startSeconds + 2);
    expect(told).toBeLessThan(startSeconds + 12);
  });

  it('goes over a reset of the counters', async () => {
    const { monitor, source } = fedBy(settings());
    await source.refresh();
    const rates = ratesOf(monitor.drain(), 'db', 'buy', startSeconds + 4, startSeconds + 12);
    const known = rates.filter(Number.isFinite);
    expect(known.length).toBeGreaterThan(1);
    for (const rate of known) {
      expect(rate).toBeGreaterThan(0.5 * PER_SECOND);
      expect(rate).toBeLessThan(1.3 * PER_SECOND);
    }
  });

  it('tells nothing twice: refreshed again, and after a restart with what the store kept', async () => {
    const { monitor, source } = fedBy(settings());
    await source.refresh();
    const requests = (of: TrafficMonitor) =>
      of
        .getMetrics(600, Math.floor(endSeconds / 2) * 2 - 4)
        .services.map((series) => [series.service, series.chain, series.requests]);
    const once = requests(monitor);
    await source.refresh();
    expect(requests(monitor)).toEqual(once);
    const again = fedBy(settings());
    again.monitor.restore(monitor.drain());
    await again.source.refresh();
    expect(requests(again.monitor)).toEqual(once);
  });

  it('reads the use of CPU and memory, sidecars and pause containers left out', async () => {
    const { source, usage } = fedBy(settings());
    await source.refresh();
    const latest = usage.findLast(({ service }) => service === 'db');
    expect(latest?.memory).toBe(300);
    expect(latest?.cpu).toBeGreaterThan(0.7);
    expect(latest?.cpu).toBeLessThan(0.8);
    expect(latest?.throttledRatio).toBeCloseTo(0.25, 1);
    expect(new Set(usage.map(({ service }) => service))).toEqual(new Set(['db']));
  });

  /** requests/s in the whole steps of [from, until) as one series alone tells them; NaN in gaps: a busy machine may miss a scrape. */
  function ratesOf(
    rows: readonly SeriesWindowRow[],
    service: string,
    chain: string,
    from: number,
    until: number,
  ): number[] {
    const alone = new TrafficMonitor({ clock, windowSize: 600, step: 2, isFed: () => true });
    alone.restore(rows.filter((row) => row.service === service && row.chain === chain));
    return [...alone.chainSeries(chain, until, Math.floor((until - from) / 2)).rates];
  }

  /** Two pods of db that use half and a quarter of a core, one of them throttled in every fourth period. */
  function cadvisor(): string {
    const seconds = clock.nowSeconds() - startSeconds + 1000;
    const pod = (name: string, container: string) =>
      `{namespace="shop",pod="${name}",container="${container}"}`;
    const [one, two] = ['db-5d8f7c9b4-abcde', 'db-5d8f7c9b4-fghij'];
    return [
      `container_cpu_usage_seconds_total${pod(one, 'db')} ${seconds * 0.5}`,
      `container_cpu_usage_seconds_total${pod(two, 'db')} ${seconds * 0.25}`,
      `container_cpu_usage_seconds_total${pod(two, 'istio-proxy')} ${seconds * 3}`,
      `container_cpu_usage_seconds_total${pod(two, '')} ${seconds * 4}`,
      `container_cpu_usage_seconds_total${pod('db-backup-28000000-xyzab', 'db')} ${seconds * 2}`,
      `container_cpu_cfs_periods_total${pod(one, 'db')} ${seconds * 10}`,
      `container_cpu_cfs_throttled_periods_total${pod(one, 'db')} ${seconds * 2.5}`,
      `container_memory_working_set_bytes${pod(one, 'db')} ${200 * 2 ** 20}`,
      `container_memory_working_set_bytes${pod(two, 'db')} ${300 * 2 ** 20}`,
      `container_memory_working_set_bytes${pod(two, 'POD')} ${900 * 2 ** 20}`,
      '',
    ].join('\n');
  }
});
