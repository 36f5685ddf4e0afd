import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answering, AnsweringServer, constant, matrix } from './answering-server.ts';
import { ManualClock } from './manual-clock.ts';
import { fedBy, shopSettings } from './source-fixtures.ts';

/** A multiple of 60. */
const NOON = 1_700_006_400;

let server: AnsweringServer;
beforeAll(async () => {
  server = await AnsweringServer.start();
});
afterEach(() => {
  server.answer = healthy;
  server.asked.length = 0;
});
afterAll(() => server.stop());

/** web/buy with 10 requests/s, all of which take between 0.1 and 0.2 s. */
const healthy: Answering = (asked, response) => {
  const labels = { service: 'web', chain: 'buy' };
  const at = (le: string, value: string) => constant(asked, { ...labels, le }, value);
  if (asked.query === 'requests') response.end(matrix([constant(asked, labels, '10')]));
  else if (asked.query === 'latency') {
    response.end(matrix([at('0.1', '0'), at('0.2', '10'), at('+Inf', '10')]));
  } else response.end(matrix([]));
};

const QUERIES =
  'queries: { requests: requests, latency: latency, errors: errors, cpu: "", memory: "", throttled: "" }';

function shop(more = '') {
  return shopSettings(`url: "${server.url}", lookback: 60, ${QUERIES}, ${more}`);
}

function fed(more = '') {
  const clock = new ManualClock(NOON + 100.6);
  return { clock, ...fedBy(shop(more), clock) };
}

function requestsOf(monitor: ReturnType<typeof fed>['monitor']): number {
  return monitor.getMetrics(600).services.reduce((sum, { requests }) => sum + requests, 0);
}

describe('an answer that is no good', () => {
  const bad: Readonly<Record<string, readonly [answer: Answering, reason: RegExp]>> = {
    'a page of a proxy': [
      (_, response) => {
        response.statusCode = 502;
        response.end('<!DOCTYPE html><html><body>Bad Gateway</body></html>');
      },
      /requests: status 502 without the JSON of a whole answer, beginning "<!DOCTYPE html>/,
    ],
    'JSON that breaks off': [
      (_, response) => response.end(matrix([]).slice(0, -5)),
      /status 200 without the JSON/,
    ],
    'an error of the server': [
      (_, response) => {
        response.statusCode = 422;
        response.end(
          '{"status":"error","errorType":"execution","error":"query processing would load too many samples"}',
        );
      },
      /status 422: execution: query processing would load too many samples/,
    ],
    'a redirect to a login': [
      (_, response) => {
        response.statusCode = 302;
        response.setHeader('location', 'https://login.example/?token=abc');
        response.end();
      },
      /status 302/,
    ],
    'a vector instead of a matrix': [
      (_, response) => response.end('{"status":"success","data":{"resultType":"vector","result":[]}}'),
      /Prometheus would not give: no matrix/,
    ],
    'a number that is not in quotes': [
      (asked, response) => response.end(matrix([constant(asked, { service: 'web', chain: 'buy' }, 10)])),
      /a value that is no number in quotes/,
    ],
    'a value that is no number': [
      (asked, response) => response.end(matrix([constant(asked, { service: 'web', chain: 'buy' }, 'many')])),
      /the value "\\"many\\""|the value "many"/,
    ],
    'the same series twice': [
      (asked, response) => {
        const series = constant(asked, { service: 'web', chain: 'buy' }, '1');
        response.end(matrix([series, series]));
      },
      /twice/,
    ],
    'labels that are no text': [
      (_, response) =>
        response.end('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":1}}]}}'),
      /a series without labels/,
    ],
    'an answer without end': [(_, response) => response.end(' '.repeat(3000)), /more than 2048 bytes/],
    'a part of the data': [
      (asked, response) =>
        response.end(
          matrix([constant(asked, { service: 'web', chain: 'buy' }, '1')], { warnings: ['store down'] }),
        ),
      /data may be missing: store down/,
    ],
    'a connection that breaks off': [
      (_, response) => {
        response.write('{"status":');
        setTimeout(() => response.destroy(), 10);
      },
      /requests: (aborted|the answer broke off|socket hang up)/,
    ],
    silence: [() => undefined, /no answer within 0.2 s/],
  };

  for (const [what, [answer, reason]] of Object.entries(bad)) {
    it(`is told, and nothing is counted: ${what}`, async () => {
      const { monitor, source } = fed('timeout: 0.2, max_answer: 2048');
      server.answer = answer;
      await source.refresh();
      const { health } = source.status;
      expect(health.kind === 'failing' && health.reason).toMatch(reason);
      expect(source.status.lastSuccessSeconds).toBeUndefined();
      expect(monitor.getMetrics(600).services).toEqual([]);
      expect(monitor.lastRecordSeconds('buy')).toBeUndefined();
      await source.stop();
    });
  }

  it('is a gap at its points alone where values are NaN, infinite or negative', async () => {
    const { monitor, source } = fed();
    server.answer = (asked, response) => {
      if (asked.query !== 'requests') return healthy(asked, response);
      const wrong = new Map([
        [NOON + 60, 'NaN'],
        [NOON + 62, '+Inf'],
        [NOON + 64, '-1'],
      ]);
      const series = constant(asked, { service: 'web', chain: 'buy' }, '10');
      const values = series.values!.map(([at, value]) => [at, wrong.get(at) ?? value] as const);
      response.end(matrix([{ ...series, values }]));
    };
    await source.refresh();
    expect(source.status.health).toEqual({ kind: 'ok' });
    const rates = [...monitor.chainSeries('buy', NOON + 70, 8).rates];
    expect(rates).toEqual([10, 10, Number.NaN, Number.NaN, Number.NaN, 10, 10, 10]);
  });

  it('says when nothing answers at all', async () => {
    const gone = await AnsweringServer.start();
    const { url } = gone;
    await gone.stop();
    const { source } = fedBy(shopSettings(`url: "${url}", ${QUERIES}`), new ManualClock(NOON));
    await source.refresh();
    const { health } = source.status;
    expect(health.kind === 'failing' && health.reason).toMatch(/requests: connect ECONNREFUSED/);
  });
});

describe('a server that is back', () => {
  it('is read from where it was left, and each request counts once', async () => {
    const { clock, monitor, source, lines } = fed();
    await source.refresh();
    expect(requestsOf(monitor)).toBeCloseTo(600, 6);
    server.answer = (_, response) => response.destroy();
    clock.set(NOON + 130.6);
    await source.refresh();
    await source.refresh();
    expect(source.status).toMatchObject({
      health: { kind: 'failing', sinceSeconds: NOON + 130.6 },
      lagSeconds: expect.closeTo(30.6, 6),
    });
    expect(requestsOf(monitor)).toBeCloseTo(600, 6);
    server.answer = healthy;
    clock.set(NOON + 150.6);
    await source.refresh();
    expect(source.status.health).toEqual({ kind: 'ok' });
    expect(requestsOf(monitor)).toBeCloseTo(1100, 6);
    // Said once, not with every try.
    expect(lines.filter(({ message }) => message.includes('cannot be read'))).toHaveLength(1);
  });

  it('is not asked for more than the monitor can take', async () => {
    const { clock, source } = fed();
    await source.refresh();
    server.asked.length = 0;
    clock.set(NOON + 3600.6);
    await source.refresh();
    expect(Math.min(...server.asked.map(({ start }) => start))).toBeGreaterThan(NOON + 3600 - 62);
  });
});

describe('what is asked', () => {
  it('is aligned to the step, new with each refresh, and over one connection', async () => {
    const { clock, source } = fed();
    await source.refresh();
    const { asked } = server;
    expect(asked.every(({ start, end, step }) => start % 2 === 0 && end % 2 === 0 && step === 2)).toBe(true);
    expect(Math.max(...asked.map(({ end }) => end))).toBe(NOON + 100);
    expect(new Set(asked.map(({ connection }) => connection)).size).toBe(1);
    asked.length = 0;
    clock.set(NOON + 101.9);
    await source.refresh();
    expect(asked).toEqual([]);
    clock.set(NOON + 102.5);
    await source.refresh();
    expect(new Set(asked.map(({ query }) => query))).toEqual(new Set(['requests', 'errors', 'latency']));
    expect(new Set(asked.map(({ end }) => end))).toEqual(new Set([NOON + 102]));
  });

  it('comes in pieces where answers are large', async () => {
    const { source, monitor } = fed('max_answer: 4000');
    server.answer = (asked, response) =>
      asked.end - asked.start > 20 ? response.end(' '.repeat(5000)) : healthy(asked, response);
    // Each failure halves the piece that is asked for next.
    let refreshes = 0;
    while (requestsOf(monitor) < 600 && refreshes < 30) {
      await source.refresh();
      refreshes++;
    }
    expect(refreshes).toBeGreaterThan(1);
    expect(requestsOf(monitor)).toBeCloseTo(600, 6);
  });

  it('comes later and later while it fails, with some chance in it', async () => {
    const { clock, source } = fed();
    server.answer = (_, response) => response.destroy();
    source.start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      while (clock.waits.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const [wait] = clock.waits;
      waits.push(wait!);
      clock.set(clock.nowSeconds() + wait!);
    }
    await source.stop();
    waits.forEach((wait, i) => {
      const longest = Math.min(60, 2 ** i);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    });
    expect(new Set(waits.map((wait, i) => wait / Math.min(60, 2 ** i))).size).toBe(waits.length);
  });

  it('ends at once when the daemon stops, also in the middle of an answer', async () => {
    const { source } = fed('timeout: 600');
    server.answer = () => undefined;
    source.start();
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await source.stop();
    expect(source.status.health).toEqual({ kind: 'starting' });
  });
});

describe('samples that come late', () => {
  it('are added to the step that they belong to, once', async () => {
    const { clock, monitor, source } = fed();
    let late = false;
    server.answer = (asked, response) => {
      if (asked.query !== 'requests') return healthy(asked, response);
      // One of two instances has not arrived yet for the newest points.
      const series = constant(asked, { service: 'web', chain: 'buy' }, '10');
      const values = series.values!.map(
        ([at, value]) => [at, !late && at > NOON + 90 ? '5' : value] as const,
      );
      response.end(matrix([{ ...series, values }]));
    };
    await source.refresh();
    expect(requestsOf(monitor)).toBeCloseTo(45 * 10 + 5 * 10 + 10 * 5, -2);
    late = true;
    for (const more of [2, 4]) {
      clock.set(NOON + 100.6 + more);
      await source.refresh();
      const rates = [...monitor.chainSeries('buy', NOON + 100, 10).rates];
      expect(rates).toEqual(new Array(10).fill(10));
    }
  });

  it('fill a gap that they left', async () => {
    const { clock, monitor, source } = fed();
    let arrived = false;
    server.answer = (asked, response) => {
      const labels = { service: 'web', chain: 'buy' };
      if (asked.query !== 'requests') return healthy(asked, response);
      const series = constant(asked, labels, '10');
      const values = series.values!.filter(([at]) => arrived || at <= NOON + 90);
      response.end(matrix([{ ...series, values }]));
    };
    await source.refresh();
    expect(monitor.toldUntilSeconds('web', 'buy')).toBe(NOON + 90);
    expect([...monitor.chainSeries('buy', NOON + 100, 1).rates]).toEqual([Number.NaN]);
    arrived = true;
    clock.set(NOON + 102.6);
    await source.refresh();
    expect([...monitor.chainSeries('buy', NOON + 100, 6).rates]).toEqual(new Array(6).fill(10));
  });
});
