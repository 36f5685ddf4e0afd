/**
 * What the predictor costs: a first training on 14 days of one series, a refresh of the network over 1,000 series of a day, and
 * the forecasts of 1,000 series, each in a process of its own. Synthetic series: a day's wave with noise and bursts.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/models/errors.ts';
import { forecastMany, type Measured, refreshMany, trainOne } from './predictor/cases.ts';

const USAGE = `npm run -s bench:predictor -- [options]

  --case NAME   only this one: train, refresh or forecast
  --units N,…   GRU layers (32)
  --json        the last line is one JSON object`;

const CASES: Readonly<Record<string, (units: readonly number[]) => Promise<Measured>>> = {
  train: trainOne,
  refresh: refreshMany,
  forecast: forecastMany,
};

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    case: { ...text, multiple: true, default: Object.keys(CASES) },
    units: { ...text, default: '32' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main().catch(fail);

function fail(error: unknown): void {
  console.error(messageOf(error));
  process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values.inside) console.log(JSON.stringify(await measure(values.case[0] ?? '')));
  else report(Object.fromEntries(values.case.map((name) => [name, inOwnProcess(name)])));
}

async function measure(name: string): Promise<Measured> {
  const run = CASES[name];
  if (run === undefined) throw new Error(`--case: found ${name}, allowed: ${Object.keys(CASES).join(', ')}`);
  const measured = await run(values.units.split(',').map(Number));
  return { ...measured, peak_rss_bytes: process.resourceUsage().maxRSS * 1024 };
}

/** So that each has a peak of memory of its own. */
function inOwnProcess(name: string): Measured {
  const script = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, script, '--inside', '--case', name, '--units', values.units];
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`case ${name} ended with exit code ${status}`);
  const measured: Measured = JSON.parse(stdout);
  return measured;
}

function report(cases: Readonly<Record<string, Measured>>): void {
  for (const [name, measured] of Object.entries(cases)) {
    const figures = Object.entries(measured).map(([key, value]) => `${key} ${shown(value)}`);
    console.log(`${name}: ${figures.join(', ')}`);
  }
  if (values.json) console.log(JSON.stringify({ cases }));
}

function shown(value: number | string): string {
  if (typeof value === 'string') return value;
  return value > 1e6 ? `${(value / 2 ** 20).toFixed(0)} Mi` : String(Number(value.toPrecision(4)));
}
