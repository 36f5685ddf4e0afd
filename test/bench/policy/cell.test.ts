import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { coreSecondsByService, visitsByChain } from '../../../bench/policy/applications/load.ts';
import { shippedApplication } from '../../../bench/policy/applications/shipped-config.ts';
import { unloadedP95 } from '../../../bench/policy/applications/unloaded.ts';
import { buildCell, type Cell, cellOf } from '../../../bench/policy/cell.ts';
import { SCENARIOS } from '../../../bench/policy/traffic/scenarios.ts';
import { application, callsCsv, profilesCsv, thrice, treeText } from './applications.ts';

const three = application(
  callsCsv('a a 1 c 1', 'a b 1.1 c 1', 'a d 1.2 c 1', 'b b 1 k 1', 'b d 1.1 k 1', 'd d 1 m 1'),
  profilesCsv(...['c_a 70', 'c_b 35', 'c_d 14', 'k_b 35', 'k_d 14', 'm_d 14'].flatMap(thrice)),
);
const QUARTER = { hours: 0.25, seed: 1 };
const cellWith = (scenario: string) => cellOf(three, { ...QUARTER, scenario });

/** Requests/s in a part of the run. */
function rate({ arrivals, durationSeconds }: Cell, from: number, to: number): number {
  const inside = arrivals.timesSeconds.filter(
    (time) => time >= from * durationSeconds && time < to * durationSeconds,
  );
  return inside.length / ((to - from) * durationSeconds);
}

function visitsPerSecond({ application, arrivals, durationSeconds }: Cell): number {
  const visits = visitsByChain(application);
  return arrivals.chains.reduce((sum, chain) => sum + visits[chain]!, 0) / durationSeconds;
}

describe('a cell', () => {
  it.each([...SCENARIOS.keys()])('has 1,200 visits/s in the mean: %s', (scenario) => {
    expect(visitsPerSecond(cellWith(scenario)) / 1200).toBeCloseTo(1, 2);
  });

  it('has constant traffic and no events by default, and is the same for the same seed alone', () => {
    const calm = cellOf(three, QUARTER);
    expect(calm).toMatchObject({ events: [], durationSeconds: 900, known: { name: 'my' } });
    expect(calm.shockSeconds).toBeUndefined();
    expect(rate(calm, 0, 0.5) / rate(calm, 0.5, 1)).toBeCloseTo(1, 1);
    const [few, again, other] = [1, 1, 2].map((seed) => cellOf(three, { hours: 0.25, seed, meanVisits: 10 }));
    expect(again).toEqual(few);
    expect(other!.arrivals).not.toEqual(few!.arrivals);
  });

  it('has bursts when it is told to, without more requests in the mean', () => {
    const bursty = cellOf(three, { ...QUARTER, dispersion: 20 });
    expect(visitsPerSecond(bursty) / 1200).toBeCloseTo(1, 1);
    expect(bursty.arrivals.timesSeconds[9]).not.toEqual(cellOf(three, QUARTER).arrivals.timesSeconds[9]);
  });

  it('is built from the files of an application and a trace', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cell-'));
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const calls = file('shop-calls.csv', callsCsv('a a 1 c 1', 'a b 1.1 c 1'));
    const profiles = file('shop-profiles.csv', profilesCsv(...thrice('c_a 70')));
    const trace = file('t.csv', 'seconds,requests\n0,10\n10,30\n');
    const cell = buildCell({ ...QUARTER, calls, profiles, trace, meanVisits: 100 });
    rmSync(folder, { recursive: true });
    expect(cell.application.name).toBe('shop');
    expect(visitsPerSecond(cell) / 100).toBeCloseTo(1, 1);
    const isEarly = (time: number) => time % 20 < 10;
    const early = cell.arrivals.timesSeconds.filter(isEarly).length;
    expect(early / (cell.arrivals.timesSeconds.length - early)).toBeCloseTo(1 / 3, 1);
  });

  it('says what of its choice is wrong', () => {
    expect(() => cellWith('storm')).toThrow('scenario: found storm, allowed: calm, steps, bursts');
    expect(() => cellOf(three, { hours: 0, seed: 1 })).toThrow('--hours: found 0, allowed: more than 0');
    expect(() => buildCell({ ...QUARTER, calls: 'x' })).toThrow('found one of them, allowed: both or none');
  });
});

describe('scenarios', () => {
  it('step to twice the load and back', () => {
    const cell = cellWith('steps');
    expect(rate(cell, 0.5, 0.75) / rate(cell, 0.3, 0.5)).toBeCloseTo(2, 1);
    expect(rate(cell, 0.75, 1) / rate(cell, 0.3, 0.5)).toBeCloseTo(1, 1);
    expect(cell.shockSeconds).toBe(450);
  });

  it('burst to three times the load for a minute, and the recovery from one in the second half is timed', () => {
    const hour = cellOf(three, { hours: 1, seed: 1, meanVisits: 300, scenario: 'bursts' });
    const shock = hour.shockSeconds! / 3600;
    expect(shock).toBeGreaterThanOrEqual(0.5);
    expect(rate(hour, shock, shock + 1 / 60) / rate(hour, shock - 1 / 60, shock)).toBeCloseTo(3, 0);
    expect(rate(hour, shock + 1 / 60, shock + 2 / 60) / rate(hour, shock - 1 / 60, shock)).toBeCloseTo(1, 1);
    const { shockSeconds, durationSeconds } = cellWith('bursts');
    expect(shockSeconds).toBeLessThan(durationSeconds);
  });

  it('drift from half of the mean to half as much again', () => {
    expect(rate(cellWith('drift'), 0.9, 1) / rate(cellWith('drift'), 0, 0.1)).toBeCloseTo(1.45 / 0.55, 1);
  });

  it('flip the mix of the chains at mid-run, at the same rate', () => {
    const { arrivals } = cellWith('mix-flip');
    const ratio = (from: number, to: number) => {
      const those = arrivals.chains.filter((_, i) => {
        const time = arrivals.timesSeconds[i]!;
        return time >= from && time < to;
      });
      return those.filter((chain) => chain === 0).length / those.filter((chain) => chain === 2).length;
    };
    expect(ratio(200, 450)).toBeCloseTo(4, 0);
    expect(ratio(450, 900)).toBeCloseTo(1 / 4, 1);
    expect(rate(cellWith('mix-flip'), 0.2, 0.5) / rate(cellWith('mix-flip'), 0.5, 1)).toBeCloseTo(1, 1);
  });

  it('slow the most loaded service down at mid-run', () => {
    expect([...coreSecondsByService(three)].map((seconds) => seconds * 3000)).toEqual([
      expect.closeTo(1, 9),
      expect.closeTo(4, 9),
      expect.closeTo(15, 9),
    ]);
    expect(cellWith('slow-service').events).toEqual([
      { kind: 'demand-factor', atSeconds: 450, service: 2, factor: 1.6 },
    ]);
  });

  it('take half of the instances of several services', () => {
    expect(cellWith('lost-instances').events).toEqual([
      { kind: 'kill', atSeconds: 450, service: 2, share: 0.5 },
      { kind: 'kill', atSeconds: 450, service: 1, share: 0.5 },
    ]);
  });

  it('take the metrics away while the load stays, and let it rise when they are back', () => {
    const cell = cellOf(three, { hours: 1, seed: 1, meanVisits: 300, scenario: 'metrics-outage' });
    expect(cell.events).toEqual([
      { kind: 'outage-begin', atSeconds: 1800 },
      { kind: 'outage-end', atSeconds: 2100 },
    ]);
    expect(cell.shockSeconds).toBe(2100);
    expect(rate(cell, 0.5, 35 / 60) / rate(cell, 0, 0.5)).toBeCloseTo(1, 1);
    expect(rate(cell, 35 / 60, 1) / rate(cell, 0, 0.5)).toBeCloseTo(1.5, 1);
  });
});

describe('the shipped configuration as an application', () => {
  const shipped = shippedApplication();

  it('has its services, chains, bounds and objectives', () => {
    const file = load(readFileSync('config/config.yaml', 'utf8'));
    expect(file).toMatchObject({
      slos: Object.fromEntries(shipped.chains.map(({ name, sloSeconds }) => [name, sloSeconds])),
      services: Object.fromEntries(
        shipped.services.map(({ name, minCpu, maxMemory }) => [
          name,
          { min_cpu: minCpu, max_memory: maxMemory },
        ]),
      ),
    });
    expect(shipped.chains.map(({ name }) => treeText(shipped, name))).toEqual([
      'auth-service',
      'auth-service[payment-service]',
      'payment-service',
    ]);
  });

  it('has objectives of at least twice what its chains take without load', () => {
    for (const { root, sloSeconds } of shipped.chains)
      expect(sloSeconds / unloadedP95(root)).toBeGreaterThan(2.5);
  });

  it('leaves room at a mean of 120 visits/s', () => {
    const cell = buildCell(QUARTER);
    expect(visitsPerSecond(cell) / 120).toBeCloseTo(1, 1);
    const cores = coreSecondsByService(shipped).map((seconds) => seconds * rate(cell, 0, 1));
    for (const demand of cores) expect(demand).toBeLessThan(4);
  });
});
