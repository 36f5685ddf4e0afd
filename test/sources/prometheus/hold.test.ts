import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
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

  async function daemon(rateOf: RateOf): Promise<{ app: App; clock: ManualClock; toldUntil: () => number }> {
    answerWith(rateOf);
    const settings = shopSettings(
      `url: "${server.url}", queries: { requests: requests, latency: latency, cpu: "", memory: "", throttled: "" }`,
    );
    const clock = new ManualClock(NOON + 601);
    const store = { ...settings.store, path: `${folder.path}/${apps.length}` };
    const app = await createApp({ settings: { ...settings, store }, clock, logger: keptLog().logger });
    apps = [...apps, app];
    app.start();
    const [source] = app.sources;
    while (source!.status.lagSeconds === undefined || source!.status.lagSeconds > 2) await sleep(0.01);
    return { app, clock, toldUntil: () => clock.nowSeconds() - source!.status.lagSeconds! };
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
});
