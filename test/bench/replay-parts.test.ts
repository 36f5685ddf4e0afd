import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { PoissonArrivals } from '../../bench/replay/arrivals.ts';
import { loadFollowing } from '../../bench/replay/correlation.ts';
import { LatencyWindows } from '../../bench/replay/latency-windows.ts';
import { randomStreams } from '../../bench/replay/random-variates.ts';
import { replayOptions } from '../../bench/replay/replay-options.ts';
import { chainSpec, shippedSystem } from '../../bench/replay/shipped-system.ts';
import { alwaysAtMax, runStatic, smallestStatic } from '../../bench/replay/static-runs.ts';
import { pearson, percentile, slope } from '../../bench/replay/statistics.ts';
import { parseTrace, readTrace } from '../../bench/replay/trace-file.ts';

describe('a trace', () => {
  const text = 'seconds,requests\n0,10\n10,40\n20,0\n';

  it('becomes rates per second, scaled and cut when asked to', () => {
    expect(parseTrace(text)).toEqual({ bucketSeconds: 10, ratesPerSecond: Float64Array.of(1, 4, 0) });
    const choice = { scale: 2, hours: 20 / 3600 };
    expect(parseTrace(text, choice).ratesPerSecond).toEqual(Float64Array.of(2, 8));
  });

  it('is read plain and compressed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    writeFileSync(join(folder, 't.csv'), text);
    writeFileSync(join(folder, 't.csv.gz'), gzipSync(text));
    expect(readTrace(join(folder, 't.csv.gz'))).toEqual(readTrace(join(folder, 't.csv')));
    rmSync(folder, { recursive: true });
  });

  it('says which line it does not understand', () => {
    expect(() => parseTrace('seconds,requests\n0,1\n1,x\n')).toThrow('line 3 of the trace: found "1,x"');
    expect(() => parseTrace('seconds,requests\n')).toThrow('no rows');
  });

  it('makes arrivals at its rate in every bucket, in order, and none after its end', () => {
    const trace = { bucketSeconds: 1000, ratesPerSecond: Float64Array.of(5, 0, 20) };
    const arrivals = new PoissonArrivals(trace, randomStreams(1, 1)[0]!);
    const counts = [0, 0, 0];
    let last = 0;
    for (let time = arrivals.next(); time < Infinity; time = arrivals.next()) {
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
      counts[Math.floor(time / 1000)]! += 1;
    }
    expect(counts[0]! / 5000).toBeCloseTo(1, 1);
    expect(counts[1]).toBe(0);
    expect(counts[2]! / 20_000).toBeCloseTo(1, 1);
  });
});

describe('the simulated system', () => {
  it('has the services, ways and objectives of the shipped configuration', () => {
    const shipped = load(readFileSync('config/config.yaml', 'utf8'));
    const system = shippedSystem({ authDemand: 1, paymentDemand: 1 });
    const ids = system.chains.map(({ id }) => id);
    expect(shipped).toMatchObject({
      slos: Object.fromEntries(ids.map((id, chain) => [id, system.slosSeconds[chain]])),
      services: Object.fromEntries(system.services.map(({ id }) => [id, { max_cpu: system.maxShape.cpu }])),
    });
    expect(
      chainSpec('order-processing')
        .stages.flat(2)
        .map(({ service }) => service),
    ).toEqual(['auth-service', 'payment-service']);
    expect(system.chains.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });
});

describe('scores', () => {
  it('judge a window by its 95th percentile, and count failures as endlessly slow', () => {
    const windows = new LatencyWindows('c', 0.2);
    for (let i = 0; i < 20; i++) windows.add(i < 1 ? 0.5 : 0.1, 10, false);
    for (let i = 0; i < 20; i++) windows.add(i < 2 ? 0.5 : 0.1, 70, false);
    for (let i = 0; i < 20; i++) windows.add(0.1, 130, i < 2);
    for (let i = 0; i < 19; i++) windows.add(9, 190, false);
    windows.closeUntil(240);
    expect(windows.closed.map(({ p95Seconds }) => p95Seconds)).toEqual([0.1, 0.5, Infinity, 9]);
    expect(windows.score()).toMatchObject({
      requests: 79,
      failed: 2,
      requestsOverSlo: (1 + 2 + 2 + 19) / 79,
      windows: 3,
      windowsOverSlo: 2 / 3,
      medianP95Seconds: 0.5,
      highestP95Seconds: Infinity,
    });
  });

  it('know by how many minutes the cores follow the load', () => {
    const loads = Array.from({ length: 60 }, (_, minute) => Math.sin(minute / 8));
    const minutes = loads.map((requestsPerSecond, minute) => ({
      minute,
      requestsPerSecond,
      cores: [3 + (loads[minute - 4] ?? 0), 1],
      utilization: 0.5,
    }));
    const { atOnce, lagMinutes, atLag } = loadFollowing(minutes, 0);
    expect(lagMinutes).toBe(4);
    expect(atLag).toBeCloseTo(1, 6);
    expect(atOnce).toBeLessThan(0.95);
  });

  it('rest on plain statistics', () => {
    expect(slope([1, 2, 3], [2, 4, 6])).toBeCloseTo(2, 12);
    expect(pearson([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(pearson([1, 2], [1, 1])).toBeNaN();
    expect([percentile([3, 1, 2], 0.5), percentile([1], 0.99), percentile([], 0.5)]).toEqual([
      2,
      1,
      Number.NaN,
    ]);
  });
});

describe('constant allocations', () => {
  const subject = {
    system: shippedSystem({ authDemand: 0.02, paymentDemand: 0.03 }),
    trace: { bucketSeconds: 300, ratesPerSecond: Float64Array.of(20, 60) },
    seed: 1,
  };

  it('keep every objective at the maximum, for its whole price', () => {
    const { chains, coreHours } = runStatic(subject, alwaysAtMax(subject.system));
    expect(chains.map(({ windowsOverSlo }) => windowsOverSlo)).toEqual([0, 0, 0]);
    expect(coreHours).toBeCloseTo(80 / 6, 9);
  });

  it('cannot be smaller in any service than the smallest one that is found', () => {
    const shapes = smallestStatic(subject);
    const violations = (sizes: typeof shapes) =>
      runStatic(subject, sizes).chains.filter(({ windowsOverSlo }) => windowsOverSlo > 0.01).length;
    expect(violations(shapes)).toBe(0);
    for (const index of shapes.keys()) {
      const smaller = shapes.map((shape, i) => (i === index ? { ...shape, cpu: shape.cpu - 0.1 } : shape));
      expect(violations(smaller)).toBeGreaterThan(0);
    }
  });
});

describe('the options of a replay', () => {
  it('have defaults, and stay on this machine', () => {
    expect(replayOptions(['--trace', 't.csv'])).toMatchObject({
      speed: 60,
      scale: 1,
      delay: 30,
      withCpu: false,
    });
    expect(() => replayOptions([])).toThrow('--trace is missing');
    expect(() => replayOptions(['--trace', 't', '--speed', 'fast'])).toThrow('--speed: found fast');
    expect(() => replayOptions(['--trace', 't', '--url', 'http://example.com'])).toThrow('of this machine');
    expect(replayOptions(['--trace', 't', '--url', 'http://127.0.0.1:8000']).url).toBe(
      'http://127.0.0.1:8000',
    );
  });
});
