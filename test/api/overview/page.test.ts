import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { forecastWith } from '../../forecasts.ts';
import { NOW, testChain, testDecision, testService } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '1.2.3' });
});
afterEach(() => server.close());

/** The page as text: elements gone, white space as one space. */
async function textOf(): Promise<string> {
  const { body } = await server.inject({ url: '/' });
  return body
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('the overview page', () => {
  it('says that it waits for the first pass, and shows what runs', async () => {
    const text = await textOf();
    expect(text).toContain('waiting for the first pass: one runs every 300 s.');
    expect(text).toContain('auth-service recommend 1 × 4 8 GiB 1 × 4 8 GiB hold');
    expect(text).toContain('no data');
  });

  it('shows the forecasts with who speaks and how far off that was', async () => {
    daemon.forecastList.push(
      forecastWith({ chain: 'order-processing', medians: [1, 2], maximum95: 7.5, errorRatio: 0.08 }),
    );
    expect(await textOf()).toContain('order-processing 1/s 2/s 7.5/s 8 % naive mostly the last value');
  });

  it('shows the latest decision with its reasons', async () => {
    daemon.decisions.push(testDecision('d', 'burn-rate', NOW - 120));
    const text = await textOf();
    expect(text).toContain('Last pass 2 min ago (burn-rate): decided · cost 1838 · optimality gap 0.01 %');
    expect(text).toContain('auth-service recommend 1 × 4 8 GiB 1 × 2 8 GiB shrink Shrinks from 4 to 2 cores');
    expect(text).toContain('user-registration ● within SLO 200 ms p95 120 ms 150 ms');
    expect(text).toContain('▲ cannot be met at best 900 ms');
  });

  it('shows what was measured since, before what the decision saw', async () => {
    daemon.decisions.push(testDecision('d'));
    const objective = {
      chain: 'user-registration',
      source: 'end-to-end' as const,
      violationRatio: 0.25,
      violatingWindowsRatio: 0.5,
      averageSeconds: 0.2,
      quantiles: { '0.95': 0.3 },
      burnRates: { short: 5, long: 4.5 },
    };
    daemon.objectiveMetrics = { utilization: [], chains: [objective] };
    expect(await textOf()).toContain(
      'user-registration ▲ over SLO 200 ms p95 300 ms 150 ms 25 % 5 × · 4.5 ×',
    );
  });

  it('shows how sources do, why nothing is changed, and the latest change of a service', async () => {
    const [source] = daemon.sources;
    expect(await textOf()).toContain('Source prometheus: read, known until 12 s ago.');
    daemon.sources = [
      { ...source!, health: { kind: 'failing', sinceSeconds: NOW - 120, reason: 'Nobody listens.' } },
    ];
    daemon.operator.setMode('auth-service', 'rolling');
    daemon.changeList.push({
      service: 'auth-service',
      decision: 'd1',
      atSeconds: NOW,
      status: 'restored',
      to: { cpu: 1, memory: 256, instances: 1 },
      detail: 'New instances crash.',
    });
    const text = await textOf();
    expect(text).toContain(
      '▲ source prometheus cannot be read since 2 min ago, known until 12 s ago: Nobody listens.',
    );
    expect(text).toContain('‖ nothing is changed : no cluster.');
    expect(text).toContain('Last change restored: New instances crash.');
  });

  it('shows a pause, a freeze window and the modes that the operator set', async () => {
    daemon.operator.setMode('auth-service', 'rolling');
    daemon.operator.pause('deploy of <2.1>');
    const window = { kind: 'once', fromSeconds: NOW - 60, untilSeconds: NOW + 7200 } as const;
    const freeze = { ...window, reason: 'launch', timezone: 'UTC', growth: 'allow' } as const;
    const { control } = daemon.settings;
    daemon.settings = { ...daemon.settings, control: { ...control, freezeWindows: [freeze] } };
    const text = await textOf();
    expect(text).toContain('‖ paused by the operator for 0 s: deploy of &lt;2.1&gt;. POST /resume goes on.');
    expect(text).toContain('❄ frozen for 2 h more, nothing shrinks: launch.');
    expect(text).toContain('mode mixed');
    expect(text).toContain('auth-service rolling by the operator 1 × 4');
    daemon.settings = { ...daemon.settings, control: { ...control, freezeWindows: [] } };
    daemon.operator.resume();
    expect(await textOf()).not.toMatch(/paused|frozen/);
  });

  it('shows the calls with a token where one is needed', async () => {
    expect(await textOf()).not.toContain('authorization');
    const { server: address } = daemon.settings;
    const auth = { protect: 'writes', intake: 'protected' } as const;
    daemon.settings = { ...daemon.settings, server: { ...address, auth } };
    expect(await textOf()).toContain('authorization: Bearer $DTA_SLO_TOKEN');
  });

  it('escapes every name and sentence', async () => {
    const evil = `<img src=x onerror="alert(1)">&'`;
    const { topology } = daemon.settings;
    daemon.settings = {
      ...daemon.settings,
      topology: {
        ...topology,
        services: new Map([[evil, testService(evil, [evil])]]),
        chains: new Map([[evil, testChain(evil, [evil], 1)]]),
      },
    };
    const { body } = await server.inject({ url: '/' });
    expect(body).not.toContain('<img');
    expect(body).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;');
  });

  it('needs nothing from elsewhere and runs nothing', async () => {
    const { body, headers } = await server.inject({ url: '/' });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
    const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('shows at most 200 rows of a table and says where the others are', async () => {
    const { topology } = daemon.settings;
    const names = Array.from({ length: 230 }, (_, i) => `service-${i}`);
    const services = new Map(names.map((name) => [name, testService(name, ['order-processing'])]));
    daemon.settings = { ...daemon.settings, topology: { ...topology, services } };
    const text = await textOf();
    expect(text).toContain('service-199');
    expect(text).not.toContain('service-200');
    expect(text).toContain('and 30 more: /services');
  });
});
