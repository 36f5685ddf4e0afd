import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { settingsOf } from '../../config/sources.ts';
import { temporaryFolder } from '../../e2e/daemon-process.ts';
import { type AnsweredSeries, AnsweringServer, type Asked, constant, matrix } from './answering-server.ts';
import { ManualClock } from './manual-clock.ts';
import { keptLog, shopSettings, sleep } from './source-fixtures.ts';

/** A multiple of 60. */
const NOON = 1_700_006_400;
const PAIRS = [
  { service: 'web', chain: 'buy' },
  { service: 'web', chain: 'browse' },
  { service: 'db', chain: 'buy' },
  { service: 'night', chain: 'browse' },
];

describe('a daemon that reads Prometheus', () => {
  const folder = temporaryFolder();
  let server: AnsweringServer;
  let apps: App[] = [];
  beforeAll(async () => {
    server = await AnsweringServer.start();
  });
  afterAll(async () => {
    for (const app of apps) await app.stop();
    await server.stop();
    folder.remove();
  });

  /** Requests/s of a service at a time; undefined: not scraped. */
  type RateOf = (service: string, atSeconds: number) => number | undefined;

  const steady: RateOf = () => 40;

  function answerWith(rateOf: RateOf): void {
    server.answer = (asked, response) => {
      const known = (labels: { service: string }, value: (rate: number) => number) => {
        const series = constant(asked, labels, '');
        const values = series.values!.flatMap(([at]) => {
          const rate = rateOf(labels.service, at);
          return rate === undefined ? [] : [[at, `${value(rate)}`] as const];
        });
        return { ...series, values };
      };
      response.end(matrix(PAIRS.flatMap((pair) => seriesFor(asked, pair, known))));
    };
  }

  function seriesFor(
    { query }: Asked,
    pair: { service: string; chain: string },
    known: (labels: { service: string }, value: (rate: number) => number) => AnsweredSeries,
  ) {
    if (query === 'requests') return [known(pair, (rate) => rate)];
    if (query !== 'latency') return [];
    const buckets = [0.005, 0.01, 0.02, 0.05].map((le, i) =>
      known({ ...pair, ...{ le: `${le}` } }, (rate) => (rate * i) / 3),
    );
    return [...buckets, known({ ...pair, ...{ le: '+Inf' } }, (rate) => rate)];
  }

  function settingsAt(url: string, more = '') {
    return shopSettings(
      `url: "${url}", queries: { requests: requests, latency: latency, cpu: "", memory: "", throttled: "" }`,
      more,
    );
  }

  async function daemon(rateOf: RateOf, clock = new ManualClock(NOON + 601), name = `${apps.length}`) {
    answerWith(rateOf);
    const settings = settingsAt(server.url);
    const store = { ...settings.store, path: `${folder.path}/${name}` };
    const app = await createApp({ settings: { ...settings, store }, clock, logger: keptLog().logger });
    apps = [...apps, app];
    app.start();
    await untilKnown(app);
    return { app, clock };
  }

  async function untilKnown(app: App): Promise<void> {
    const [source] = app.sources;
    const isKnown = () => {
      const { health, lagSeconds } = source!.status;
      return health.kind === 'ok' && lagSeconds !== undefined && lagSeconds <= 2;
    };
    while (!isKnown()) await sleep(0.01);
  }

  async function reasons(app: App): Promise<Record<string, string>> {
    const { services } = await app.daemon.runPass('request');
    return Object.fromEntries(services.map(({ id, reason }) => [id, reason]));
  }

  it('decides on what it reads', async () => {
    const { app } = await daemon(steady);
    expect(Object.values(await reasons(app))).not.toContain('stale-data');
    for (const { plannedRate } of app.daemon.latestDecision()?.chains ?? []) {
      expect(plannedRate).toBeGreaterThan(39);
      expect(plannedRate).toBeLessThan(44);
    }
  });

  it('holds what it decided when Prometheus has been gone for long, and says so', async () => {
    const { app, clock } = await daemon(steady);
    const before = (await app.daemon.runPass('request')).services;
    server.answer = (_, response) => response.destroy();
    clock.set(NOON + 601 + 300);
    while (app.sources[0]?.status.health.kind !== 'failing') await sleep(0.01);
    const after = (await app.daemon.runPass('request')).services;
    expect(after.map(({ reason }) => reason)).toEqual(['stale-data', 'stale-data', 'stale-data']);
    expect(after[0]?.explanation).toMatch(/no record of (buy|browse) for 30\d s/);
    for (const [i, { cpu, instances }] of after.entries()) {
      expect(cpu * instances).toBeGreaterThanOrEqual(before[i]!.cpu * before[i]!.instances);
    }
  });

  it('holds a service that is not scraped while the others go on', async () => {
    const { app } = await daemon((service, at) => (service === 'db' && at > NOON + 300 ? undefined : 40));
    expect((await reasons(app))['db']).toBe('stale-data');
    expect((await reasons(app))['night']).not.toBe('stale-data');
  });

  it('does not hold where everything is scraped and there is no load at night', async () => {
    const { app } = await daemon((_, at) => (at > NOON + 200 ? 0 : 40));
    expect(Object.values(await reasons(app))).not.toContain('stale-data');
    const rates = app.daemon.traffic.chainSeries('buy', NOON + 600, 5).rates;
    expect([...rates]).toEqual([0, 0, 0, 0, 0]);
  });

  it('holds where it knew of no load and then knows nothing', async () => {
    const { app, clock } = await daemon((_, at) => (at > NOON + 200 ? 0 : 40));
    server.answer = (_, response) => response.destroy();
    // Beyond the window no request is remembered at all.
    clock.set(NOON + 601 + 400);
    while (app.sources[0]?.status.health.kind !== 'failing') await sleep(0.01);
    expect(new Set(Object.values(await reasons(app)))).toEqual(new Set(['stale-data']));
  });

  it('goes on after a restart where its history ends, and counts nothing twice', async () => {
    const requests = (app: App) =>
      app.daemon.traffic.getMetrics(500, NOON + 600).services.map((series) => series.requests);
    const { app, clock } = await daemon(steady, undefined, 'restarted');
    const before = requests(app);
    await app.stop();
    apps = apps.filter((each) => each !== app);
    server.asked.length = 0;
    clock.set(NOON + 661);
    const again = await daemon(steady, clock, 'restarted');
    expect(requests(again.app)).toEqual(before);
    // What was missed is read, and little more.
    expect(Math.min(...server.asked.map(({ start }) => start))).toBeGreaterThanOrEqual(NOON + 598);
    expect([...again.app.daemon.traffic.chainSeries('buy', NOON + 660, 60).rates]).not.toContain(Number.NaN);
  });

  it('reads another server once its settings say so, without a restart', async () => {
    const { app, clock } = await daemon(steady);
    const other = await AnsweringServer.start();
    app.reload(settingsAt(other.url));
    clock.set(NOON + 660);
    while (other.asked.length === 0) await sleep(0.01);
    await untilKnown(app);
    expect(Math.min(...other.asked.map(({ start }) => start))).toBeGreaterThanOrEqual(NOON + 598);
    await other.stop();
  });

  it('takes records again of a service that is read no longer', async () => {
    const { app, clock } = await daemon(steady);
    const { intake } = app.daemon;
    expect(intake.recordRequest('web', 'buy', 0.1)).toBe('fed-by-source');
    app.reload(
      settingsOf(`
monitoring: { window_size: 600 }
prediction: { step: 2, sequence_length: 60 }
services: { web: { chains: [buy], min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024 } }
slos: { buy: 0.5 }`),
    );
    expect(intake.recordRequest('web', 'buy', 0.1)).toBe('accepted');
    clock.set(NOON + 660);
    await sleep(0.05);
    expect(app.sources[0]?.status.health.kind).not.toBe('failing');
  });
});
