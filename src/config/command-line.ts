/** The command line. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError, type ConfigProblem } from '../models/errors.ts';
import { quote } from './describe-value.ts';
import { helpText } from './help-text.ts';
import { hint } from './hint.ts';
import { type FlagValues, SPELLINGS } from './overrides.ts';
import { type GivenText, readOverrides } from './read-overrides.ts';

export type { FlagValues } from './overrides.ts';

export type CommandLine =
  | { readonly kind: 'run'; readonly flags: FlagValues }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' };

const SOURCE = 'command line';

/**
 * What the arguments after the program's name ask for. Throws a ConfigError with everything that is wrong with them;
 * `--help` and `--version` win over that.
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const given = tokens(argv);
  const names = new Set(given.map((token) => (token.kind === 'option' ? token.name : '')));
  if (names.has('help')) return { kind: 'help', text: helpText() };
  if (names.has('version')) return { kind: 'version' };
  const { values, problems } = readOverrides(given.flatMap(givenText), SOURCE);
  const all = [...given.flatMap(tokenProblem), ...problems];
  if (all.length > 0) throw new ConfigError(all);
  return { kind: 'run', flags: values };
}

type Token = ReturnType<typeof rawTokens>[number];

/** Flags and values. `--port --host x` leaves the port without a value: what looks like a flag is one. */
function tokens(argv: readonly string[]): Token[] {
  const raw = rawTokens(argv);
  const swallowing = raw.findIndex(
    (token) => token.kind === 'option' && !token.inlineValue && token.value?.startsWith('--'),
  );
  const token = raw[swallowing];
  if (token?.kind !== 'option') return raw;
  const { kind, name, rawName, index } = token;
  const bare = { kind, name, rawName, index, value: undefined, inlineValue: undefined };
  return [...raw.slice(0, swallowing), bare, ...tokens(argv.slice(index + 1))];
}

const FLAGS = Object.values(SPELLINGS).flatMap(({ flag }) => flag ?? []);

const OPTIONS: NonNullable<ParseArgsConfig['options']> = {
  ...Object.fromEntries(FLAGS.map((flag) => [flag, { type: 'string' }])),
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
};

/** Not strict: strict stops at the first mistake, and all of them are to be told. */
function rawTokens(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true }).tokens;
}

function givenText(token: Token): GivenText[] {
  if (token.kind !== 'option' || token.value === undefined) return [];
  const entry = Object.entries(SPELLINGS).find(([, { flag }]) => flag === token.name);
  return entry === undefined ? [] : [{ key: entry[0], spelling: `--${token.name}`, text: token.value }];
}

function tokenProblem(token: Token): ConfigProblem[] {
  if (token.kind === 'option-terminator') return [];
  if (token.kind === 'positional') {
    return [problem('', `the argument ${quote(token.value)}`, 'flags only; see --help')];
  }
  const spelling = Object.values(SPELLINGS).find(({ flag }) => flag === token.name);
  if (spelling === undefined) return [unknownFlag(token.rawName)];
  if (token.value !== undefined) return [];
  return [problem(token.rawName, 'no value', `--${spelling.flag} ${spelling.argument}`)];
}

function unknownFlag(typed: string): ConfigProblem {
  const flags = [...FLAGS, 'help', 'version'];
  const known = flags.map((flag) => `--${flag}`);
  return problem(typed, 'an unknown flag', known.join(', ') + hint(typed, known));
}

function problem(path: string, found: string, allowed: string): ConfigProblem {
  return { source: SOURCE, path, found, allowed };
}
