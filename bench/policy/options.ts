import { availableParallelism } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { CellChoice } from './cell.ts';
import type { EvaluationOptions } from './evaluate.ts';
import { SCENARIOS } from './traffic/scenarios.ts';
import { UsageError } from './usage-error.ts';

export const SHARED_USAGE = `  --hours H           length of the run (1)
  --seed S            of all chance (1)
  --policies A,B,…    which ones (all)
  --tune-fraction F   the part of the run in which baselines are tuned; scores are over the rest (0.3)
  --workers N         threads (as many as there are cores)
  --json              the last line is one JSON object`;

export const USAGE = `npm run -s bench:policy -- --calls FILE --profiles FILE --trace FILE [options]

  --calls FILE        the application's call graph
  --profiles FILE     its measured profiles
  --config shipped    the application of the shipped configuration instead of these two
  --trace FILE        seconds,requests; csv or csv.gz
  --scenario NAME     what comes on top: ${[...SCENARIOS.keys()].join(', ')};
                      with one, the trace may be left out and the rate is constant
${SHARED_USAGE}
  --series FILE       writes load, cores and latency by the minute there`;

/** What both commands are told. */
export interface SharedOptions extends EvaluationOptions {
  readonly hours: number;
  readonly policies: readonly string[] | undefined;
  readonly workers: number;
  readonly json: boolean;
}

export interface PolicyOptions extends SharedOptions {
  readonly cell: CellChoice;
  readonly series: string | undefined;
}

const text = { type: 'string' } as const;

export const SHARED_FLAGS = {
  hours: { ...text, default: '1' },
  seed: { ...text, default: '1' },
  policies: text,
  'tune-fraction': { ...text, default: '0.3' },
  workers: { ...text, default: String(availableParallelism()) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const CELL_FLAGS = { calls: text, profiles: text, config: text, trace: text, scenario: text } as const;

/** @throws UsageError that says which option is wrong */
export function policyOptions(args: readonly string[]): PolicyOptions | 'help' {
  const { values } = parsed(args, { ...SHARED_FLAGS, ...CELL_FLAGS, series: text });
  if (values.help) return 'help';
  const shared = sharedOptions(values);
  const { hours, seed } = shared;
  return { ...shared, cell: { ...cellFlags(values), hours, seed }, series: values.series };
}

export function parsed<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

interface SharedFlags {
  readonly hours: string;
  readonly seed: string;
  readonly policies?: string | undefined;
  readonly 'tune-fraction': string;
  readonly workers: string;
  readonly json: boolean;
}

export function sharedOptions(flags: SharedFlags): SharedOptions {
  return {
    hours: figure('--hours', flags.hours, 'a number above 0', (value) => value > 0),
    seed: figure('--seed', flags.seed, 'a whole number from 0 on', isWhole),
    tuneFraction: figure(
      '--tune-fraction',
      flags['tune-fraction'],
      'a number above 0 and below 1',
      (value) => value > 0 && value < 1,
    ),
    workers: figure('--workers', flags.workers, 'a whole number from 1 on', (n) => isWhole(n) && n > 0),
    policies: flags.policies?.split(',').filter((name) => name !== ''),
    json: flags.json,
  };
}

type CellFlags = { readonly [flag in keyof typeof CELL_FLAGS]?: string | undefined };

function cellFlags(flags: CellFlags): Omit<CellChoice, 'hours' | 'seed'> {
  const application = applicationFlags(flags);
  const { trace, scenario } = flags;
  return { ...application, trace: scenario === undefined ? given('--trace', trace) : trace, scenario };
}

function applicationFlags({ calls, profiles, config }: CellFlags): Pick<CellChoice, 'calls' | 'profiles'> {
  if (config === undefined) {
    return { calls: given('--calls', calls), profiles: given('--profiles', profiles) };
  }
  if (config !== 'shipped') throw new UsageError(`--config: found ${config}, allowed: shipped`);
  if (calls === undefined && profiles === undefined) return {};
  throw new UsageError('--config: found together with --calls or --profiles, allowed: one of the two');
}

function given(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${flag} is missing`);
  return value;
}

function figure(flag: string, found: string, allowed: string, isAllowed: (value: number) => boolean): number {
  const value = Number(found);
  if (found.trim() !== '' && Number.isFinite(value) && isAllowed(value)) return value;
  throw new UsageError(`${flag}: found ${found}, allowed: ${allowed}`);
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
