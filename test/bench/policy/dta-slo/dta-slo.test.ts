import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DtaSloSetup, dtaSloPolicies } from '../../../../bench/policy/dta-slo/dta-slo.ts';
import { FakeSystem } from './fake-system.ts';

async function run(
  seconds: number,
  before: (system: FakeSystem, now: number) => void = () => {},
  { name = 'dta-slo', ...setup }: DtaSloSetup & { readonly name?: string } = {},
) {
  const system = new FakeSystem();
  const policy = dtaSloPolicies(setup)
    .find((factory) => factory.name === name)!
    .create(system, {});
  for (let now = policy.intervalSeconds; now <= seconds; now += policy.intervalSeconds) {
    before(system, now);
    system.advanceTo(now);
    await policy.step(now);
  }
  await policy.close?.();
  return system;
}

describe('DTA-SLO as a policy', () => {
  it('gives back step by step what is not needed, through the actuator', async () => {
    const { writes, cores } = await run(1000);
    expect(writes.length).toBeGreaterThan(3);
    expect(writes.every(({ kind }) => kind === 'resize')).toBe(true);
    expect(new Set(writes.map(({ service }) => service))).toEqual(new Set([0, 1]));
    expect(cores).toBeLessThan(2);
  });

  it('replaces instances when it is to write by rollouts', async () => {
    const { writes, cores } = await run(1000, undefined, { mode: 'rolling' });
    expect(writes.length).toBeGreaterThan(3);
    expect(writes.every(({ kind }) => kind === 'roll')).toBe(true);
    expect(cores).toBeLessThan(2);
  });

  it('tells what was decided and changed, one line each', async () => {
    const traces = mkdtempSync(join(tmpdir(), 'dta-slo-traces-'));
    const { writes } = await run(700, undefined, { traces, mode: 'rolling' });
    const lines = readFileSync(join(traces, 'shop-dta-slo.jsonl'), 'utf8').trim().split('\n');
    rmSync(traces, { recursive: true });
    const told = lines.map((line): { kind: string; at: number; status: string } => JSON.parse(line));
    expect(told.filter(({ kind }) => kind === 'decision').map(({ at }) => at)).toEqual([300, 600]);
    expect(told.filter(({ status }) => status === 'applied')).toHaveLength(writes.length);
  });

  it('decides the same when it is run again', async () => {
    const [first, second] = [await run(700), await run(700)];
    expect(first.writes.length).toBeGreaterThan(1);
    expect(second.writes).toEqual(first.writes);
  });

  it('grows when the load does, before the next pass is due', async () => {
    const system = await run(1000, (system, now) => {
      if (now === 901) system.requestsPerSecond = 120;
    });
    const before = system.writes.findLast(({ atSeconds }) => atSeconds < 901);
    const grown = system.writes.find(({ atSeconds }) => atSeconds > 901);
    expect(grown?.atSeconds).toBeLessThan(960);
    expect(grown?.cpu).toBeGreaterThan(1.5 * before!.cpu);
  });

  it.each(dtaSloPolicies().map(({ name }) => name))('is run as %s too', async (name) => {
    const { cores } = await run(700, undefined, { name });
    expect(cores).toBeLessThan(4);
  });

  it('shrinks nothing once no metrics arrive for longer than they may take', async () => {
    const outSince = 200;
    const lateSeconds = 10;
    const silent = await run(1500, (system, now) => {
      if (now === outSince) system.isOut = true;
    });
    const later = ({ writes }: FakeSystem) =>
      writes.filter(({ atSeconds }) => atSeconds > outSince + lateSeconds);
    expect(later(silent)).toEqual([]);
    expect(later(await run(1500))).not.toEqual([]);
  });
});
