import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyOptions } from '../../../bench/policy/options.ts';
import { contendersOf } from '../../../bench/policy/registry.ts';
import { tableOptions } from '../../../bench/policy/table-options.ts';
import { callsCsv, profilesCsv, thrice } from './applications.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-policy-'));
  // So much CPU a visit that few of them make the load.
  write('shop-calls.csv', callsCsv('a a 1 order 1', 'a b 1.1 order 1', 'a a 1 look 1'));
  write(
    'shop-profiles.csv',
    profilesCsv(...thrice('order_a 60'), ...thrice('order_b 40'), ...thrice('look_a 80')),
  );
  write('day-1h-1s.csv', 'seconds,requests\n0,10\n30,20\n60,10\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}

function inFolder(name: string): string {
  return join(folder, name);
}

function policyArgs(): string[] {
  const flag = (name: string, file: string) => [`--${name}`, inFolder(file)];
  return [
    ...flag('calls', 'shop-calls.csv'),
    ...flag('profiles', 'shop-profiles.csv'),
    ...flag('trace', 'day-1h-1s.csv'),
  ];
}

function command(...args: readonly string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'bench/policy.ts', ...args], { encoding: 'utf8' });
}

describe('bench:policy', () => {
  it('runs the policies that it is told and prints a table, and one JSON object last', () => {
    const series = inFolder('series.json');
    const names = ['k8s-cpu-fast', 'static-max'];
    const { status, stdout, stderr } = command(
      ...policyArgs(),
      ...['--hours', '0.02', '--seed', '3', '--policies', names.join(), '--series', series, '--json'],
    );
    expect(stderr).toContain('static-max: ');
    expect(status).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines.slice(2, 4).map((line) => line.split(' ')[0])).toEqual(names);
    const report = JSON.parse(lines.at(-1)!);
    expect(report).toMatchObject({ trace: 'day-1h-1s', lower_bound_core_hours: null });
    expect(report.application).toContain('shop');
    expect(report.requests).toBeGreaterThan(1000);
    expect(report.wall_seconds).toBeGreaterThan(0);
    expect(report.policies.map(({ name }: { name: string }) => name)).toEqual(names);
    for (const policy of report.policies) expectComplete(policy);
    const written = JSON.parse(readFileSync(series, 'utf8'));
    expect(written.policies[1].series.allocated_cores).toEqual([8]);
  });

  it('ends with code 2 and no stack when a file is not there', () => {
    const { status, stderr } = command('--calls', 'no.csv', '--profiles', 'no.csv', '--trace', 'no.csv');
    expect(status).toBe(2);
    expect(stderr).toContain('no.csv');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

function expectComplete(policy: Record<string, unknown>): void {
  for (const figure of [
    'core_hours',
    'memory_gib_hours',
    'violating_windows_ratio',
    'violating_requests_ratio',
    'utilization',
    'fairness',
    'changes',
    'restarts',
    'wall_seconds',
  ]) {
    expect(policy[figure], figure).toBeTypeOf('number');
  }
  expect(policy['recovery_seconds']).toBeNull();
  expect(policy['parameters']).toBeTypeOf('object');
  expect(Object.keys(policy['chains'] ?? {}).sort()).toEqual(['look', 'order']);
}

describe('its options', () => {
  const good = ['--calls', 'c', '--profiles', 'p', '--trace', 't'];

  it('have defaults, and choose application and traffic', () => {
    expect(policyOptions(good)).toMatchObject({
      cell: { calls: 'c', profiles: 'p', trace: 't', hours: 1, seed: 1 },
      tuneFraction: 0.3,
      policies: undefined,
      json: false,
    });
    const shipped = ['--config', 'shipped', '--scenario', 'steps', '--hours', '0.5', '--policies', 'hpa,vpa'];
    expect(policyOptions(shipped)).toMatchObject({
      cell: { scenario: 'steps', hours: 0.5 },
      policies: ['hpa', 'vpa'],
    });
  });

  it.each([
    [[...good, '--hours', '0'], '--hours: found 0, allowed: a number above 0'],
    [[...good, '--hours', 'x'], '--hours: found x, allowed: a number above 0'],
    [[...good, '--tune-fraction', '1'], '--tune-fraction: found 1, allowed: a number above 0 and below 1'],
    [[...good, '--seed', '1.5'], '--seed: found 1.5, allowed: a whole number from 0 on'],
    [[...good, '--workers', '0'], '--workers: found 0, allowed: a whole number from 1 on'],
    [[...good, '--config', 'shipped'], '--config: found together with --calls or --profiles'],
    [['--config', 'mine', '--trace', 't'], '--config: found mine, allowed: shipped'],
    [['--config', 'shipped'], '--trace is missing'],
    [['--seed', '1'], '--calls is missing'],
    [[...good, '--speed', '1'], "Unknown option '--speed'"],
  ])('%s are told to be wrong', (args, why) => {
    expect(() => policyOptions(args)).toThrow(why);
  });

  it('of the whole table find the files by the names of applications and traces', () => {
    const folders = ['--topologies', folder, '--traces', folder];
    expect(() => tableOptions(folders)).toThrow(`--traces: found no diurnal-….csv in ${folder}`);
    for (const name of [
      'diurnal-1h-1s.csv',
      'noisy-1h-1s.csv',
      'twitter-14d-10s.csv.gz',
      'nasa-40d-60s.csv.gz',
    ]) {
      write(name, '');
    }
    const options = tableOptions(folders);
    if (options === 'help') throw new Error('asked for no help');
    expect(options.cells.map(({ name }) => name)).toHaveLength(12);
    expect(options.cells[6]?.choice).toEqual({
      calls: inFolder('hotel-reserv-calls.csv'),
      profiles: inFolder('hotel-reserv-profiles.csv'),
      trace: inFolder('twitter-14d-10s.csv.gz'),
      hours: 1,
      seed: 1,
    });
    expect(options.cells[8]?.choice).not.toHaveProperty('calls');
    expect(() => tableOptions([...folders, '--cells', 'hotel-reserv:x'])).toThrow(
      '--cells: found hotel-reserv:x, allowed: social-network:diurnal, ',
    );
  });
});

describe('the registry', () => {
  it('has every name once, and tells the names when one is unknown', () => {
    const names = contendersOf(undefined).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['dta-slo', 'hpa', 'vpa', 'autothrottle', 'erms', 'static-peak']),
    );
    expect(() => contendersOf(['hpa', 'hqa'])).toThrow('policy: found hqa, allowed: dta-slo, ');
  });
});
