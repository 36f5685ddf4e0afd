import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { type App, createApp } from '../../../src/app.ts';
import type { ServiceDecision } from '../../../src/models/decisions.ts';
import { settingsOf, shippedFile } from '../../config/sources.ts';
import { temporaryFolder } from '../../e2e/daemon-process.ts';
import { describeWith, prometheusTool } from '../../prometheus-tools.ts';
import { OPENTELEMETRY_BOUNDS } from './instrumented-service.ts';
import { ManualClock } from './manual-clock.ts';
import { PrometheusServer } from './prometheus-server.ts';
import { scraped, simulatedVisits, type Visit } from './simulated-hour.ts';
import { keptLog, sleep } from './source-fixtures.ts';

const CHAINS = ['user-registration', 'order-processing', 'subscription-management'];

const SERVICES = ['auth-service', 'payment-service'];

/** Each bound is 10 % above the one before, from 1 ms on: about what a native histogram has. */
const FINE_BOUNDS = Array.from({ length: 97 }, (_, i) => Number((0.001 * 1.1 ** i).toPrecision(4)));

describeWith('promtool', 'an hour of traffic that is posted, or read from a real Prometheus', (promtool) => {
  const folder = temporaryFolder();
  const running: { stop(): Promise<unknown> }[] = [];
  const until = Math.floor(Date.now() / 60_000) * 60;
  const from = until - 3300;
  // It stands still, so that all daemons decide at the same time.
  const clock = new ManualClock(until + 15);
  let visits: readonly Visit[];
  let posted: readonly ServiceDecision[];

  beforeAll(async () => {
    visits = simulatedVisits(from, until);
    const app = await daemon('posted', '');
    await post(app, visits);
    posted = (await app.daemon.runPass('request')).services;
  }, 60_000);

  afterAll(async () => {
    for (const each of running.reverse()) await each.stop();
    folder.remove();
  });

  async function daemon(name: string, more: string, fed: readonly string[] = []): Promise<App> {
    const text = shippedFile().replace(
      'window_size: 3600',
      `window_size: 3600\n  latency_scope: own\n\n${more}`,
    );
    const settings = settingsOf(
      fed.reduce(
        (file, service) => file.replace(`${service}:\n`, `${service}:\n    source: prometheus\n`),
        text,
      ),
    );
    const store = { ...settings.store, path: `${folder.path}/${name}` };
    const app = await createApp({ settings: { ...settings, store }, clock, logger: keptLog().logger });
    running.push(app);
    app.start();
    return app;
  }

  async function post(app: App, records: readonly Visit[]): Promise<void> {
    const server = await buildServer(app.daemon, { logger: false, version: 'test' });
    running.push({ stop: () => server.close() });
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const body = records.map(({ service, chain, atSeconds, seconds }) =>
      JSON.stringify({ service_id: service, chain_id: chain, response_time: seconds, timestamp: atSeconds }),
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    const response = await fetch(`${url}/requests`, { method: 'POST', headers, body: body.join('\n') });
    expect(await response.json()).toMatchObject({ accepted: records.length });
  }

  /** A daemon that reads these services from a Prometheus which has scraped the hour. */
  async function fromPrometheus(name: string, bounds: readonly number[], fed = SERVICES) {
    const openMetrics = scraped(visits, bounds, from - 15, until);
    const server = await PrometheusServer.start(prometheusTool('prometheus')!, {
      history: { openMetrics, promtool },
    });
    running.push(server);
    const matches = CHAINS.map((chain) => `${chain}: { match: /${chain} }`).join(', ');
    const section = `prometheus: { url: "${server.url}", preset: opentelemetry, chains: { ${matches} } }`;
    return daemon(name, section, fed);
  }

  /** The decision once everything up to the end of the hour is known of the chains through a service. */
  async function decided(app: App, service: string) {
    const { traffic, runPass } = app.daemon;
    const isKnown = () => {
      const { services } = traffic.getMetrics(60, until);
      return (
        services.some((series) => series.service === service) &&
        (traffic.lastRecordSeconds('order-processing') ?? 0) >= until - 1
      );
    };
    while (!isKnown()) await sleep(0.05);
    return (await runPass('request')).services;
  }

  const capacity = ({ cpu, instances }: { cpu: number; instances: number }) => cpu * instances;

  /** Largest difference of what is planned, and of what is recommended, between both. */
  function differences(services: readonly ServiceDecision[]): Record<string, number> {
    return Object.fromEntries(
      services.flatMap((service, i) => [
        [`${service.id} planned`, capacity(service.planned!) / capacity(posted[i]!.planned!) - 1],
        [`${service.id} decided`, capacity(service) / capacity(posted[i]!) - 1],
      ]),
    );
  }

  it('comes to the same allocation within 7 % with fine buckets', async () => {
    const found = differences(await decided(await fromPrometheus('fine', FINE_BOUNDS), 'payment-service'));
    console.log('fine buckets', found);
    // Of its first minute a Prometheus knows a part; a forecast that rests on 49 steps notices that.
    for (const [what, difference] of Object.entries(found)) {
      expect(Math.abs(difference), what).toBeLessThanOrEqual(0.07);
    }
  }, 60_000);

  it('comes near it with the few buckets of OpenTelemetry, and counts every request', async () => {
    const app = await fromPrometheus('default', OPENTELEMETRY_BOUNDS);
    const found = differences(await decided(app, 'payment-service'));
    console.log('buckets of OpenTelemetry', found);
    const { services } = app.daemon.traffic.getMetrics(3600, until);
    const counted = services.reduce((sum, { requests }) => sum + requests, 0);
    expect(Math.abs(counted / visits.length - 1)).toBeLessThan(0.01);
    // Between 100 and 250 ms there is no bound: a 95th percentile in there is known no better.
    for (const [what, difference] of Object.entries(found)) {
      expect(Math.abs(difference), what).toBeLessThanOrEqual(0.27);
    }
  }, 60_000);

  it('comes to it with one service posted and the other read', async () => {
    const app = await fromPrometheus('both', FINE_BOUNDS, ['payment-service']);
    await post(
      app,
      visits.filter(({ service }) => service === 'auth-service'),
    );
    const found = differences(await decided(app, 'payment-service'));
    console.log('both sources', found);
    for (const [what, difference] of Object.entries(found)) {
      expect(Math.abs(difference), what).toBeLessThanOrEqual(0.07);
    }
  }, 60_000);
});
