/** The command line. */
import { parseArgs } from 'node:util';
import { ConfigError, type ConfigProblem } from '../models/errors.ts';
import { annotationsOf } from './annotations.ts';
import { closestName } from './closest-name.ts';
import { quote } from './describe-value.ts';
import { type FlagValues, OverridesSchema, SPELLINGS } from './overrides.ts';
import { type GivenText, readOverrides } from './read-overrides.ts';

export type { FlagValues } from './overrides.ts';

export type CommandLine =
  | { readonly kind: 'run'; readonly flags: FlagValues }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' };

const SOURCE = 'command line';

type Token = NonNullable<ReturnType<typeof tokens>>[number];

/**
 * What the arguments after the program's name ask for. Throws a ConfigError with everything that is wrong with them;
 * `--help` and `--version` win over that.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const parsed = tokens(argv);
  const names = new Set(parsed.map((token) => (token.kind === 'option' ? token.name : '')));
  if (names.has('help')) return { kind: 'help', text: helpText() };
  if (names.has('version')) return { kind: 'version' };
  const { values, problems } = readOverrides(parsed.flatMap(givenText), SOURCE);
  const all = [...parsed.flatMap(tokenProblem), ...problems];
  if (all.length > 0) throw new ConfigError(all);
  return { kind: 'run', flags: values };
}

function tokens(argv: readonly string[]) {
  const valued = Object.values(SPELLINGS).map(({ flag }) => [flag, { type: 'string' }] as const);
  const options = {
    ...Object.fromEntries(valued),
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  } as const;
  // Not strict: strict stops at the first mistake, and all of them are to be told.
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function givenText(token: Token): GivenText[] {
  if (token.kind !== 'option' || !hasValue(token)) return [];
  const entry = Object.entries(SPELLINGS).find(([, { flag }]) => flag === token.name);
  return entry === undefined ? [] : [{ key: entry[0], spelling: `--${token.name}`, text: token.value ?? '' }];
}

/** `--port --host x` leaves the port without a value: what looks like a flag is one. */
function hasValue(token: Extract<Token, { kind: 'option' }>): boolean {
  return token.value !== undefined && (token.inlineValue === true || !token.value.startsWith('--'));
}

function tokenProblem(token: Token): ConfigProblem[] {
  if (token.kind === 'option-terminator') return [];
  if (token.kind === 'positional') {
    return [problem('', `the argument ${quote(token.value)}`, 'flags only; see --help')];
  }
  const spelling = Object.values(SPELLINGS).find(({ flag }) => flag === token.name);
  if (spelling === undefined) return [unknownFlag(token.rawName)];
  return hasValue(token)
    ? []
    : [problem(token.rawName, 'no value', `--${spelling.flag} ${spelling.argument}`)];
}

function unknownFlag(typed: string): ConfigProblem {
  const known = [...Object.values(SPELLINGS).map(({ flag }) => flag), 'help', 'version'].map(
    (flag) => `--${flag}`,
  );
  const meant = closestName(typed, known);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return problem(typed, 'an unknown flag', `${known.join(', ')}${hint}`);
}

function problem(path: string, found: string, allowed: string): ConfigProblem {
  return { source: SOURCE, path, found, allowed };
}

function helpText(): string {
  const properties = new Map(Object.entries(OverridesSchema.properties));
  const rows = Object.entries(SPELLINGS).map(([key, { flag, argument, variable }]) => {
    const { description = '', default: fallback } = annotationsOf(properties.get(key) ?? {});
    return [`--${flag} ${argument}`, `${description} [${variable}, default ${fallback}]`];
  });
  rows.push(['--help', 'Shows this text.'], ['--version', 'Shows the version.']);
  const width = Math.max(...rows.map(([left = '']) => left.length)) + 2;
  return [
    'dta-slo keeps the latency objectives of service chains at the least cost.',
    '',
    'Usage: dta-slo [flags]',
    '',
    ...rows.map(([left = '', right]) => `  ${left.padEnd(width)}${right}`),
    '',
    'A flag beats the environment variable in brackets, which beats the file.',
  ].join('\n');
}
