/** Reads the text of flags and environment variables into values. */
import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ConfigProblem } from '../models/errors.ts';
import { allowedBy, annotationsOf } from './annotations.ts';
import { describeFound, describeSecret } from './describe-value.ts';
import { hint } from './hint.ts';
import { type FlagValues, OverridesSchema, SPELLINGS, VARIABLE_PREFIX } from './overrides.ts';
import { isServiceLink } from './service-links.ts';

const ENVIRONMENT = 'environment';

type Environment = Readonly<Record<string, string | undefined>>;

/** One text that was given: `key` is of FlagValues, `spelling` is how the user wrote it. */
export interface GivenText {
  readonly key: string;
  readonly spelling: string;
  readonly text: string;
}

export interface OverridesReading {
  readonly values: FlagValues;
  readonly problems: readonly ConfigProblem[];
}

export function readOverrides(given: readonly GivenText[], source: string): OverridesReading {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const { key, spelling, text } of given) {
    const schema = new Map<string, TSchema>(Object.entries(OverridesSchema.properties)).get(key);
    if (schema === undefined) continue;
    const value = parseText(schema, text);
    if (Value.Check(schema, value)) values[key] = value;
    else
      problems.push({ source, path: spelling, found: foundText(schema, text), allowed: allowedBy(schema) });
  }
  return { values: Value.Check(OverridesSchema, values) ? values : {}, problems };
}

/** What the environment sets. An empty variable counts as not set. */
export function readEnvironment(environment: Environment): OverridesReading {
  const keys = new Map(Object.entries(SPELLINGS).map(([key, { variable }]) => [variable, key]));
  const given: GivenText[] = [];
  const unknown: ConfigProblem[] = [];
  for (const [name, text = ''] of Object.entries(environment)) {
    if (!name.startsWith(VARIABLE_PREFIX) || text === '' || isServiceLink(name, text)) continue;
    const key = keys.get(name);
    if (key === undefined) unknown.push(unknownVariable(name, [...keys.keys()]));
    else given.push({ key, spelling: name, text });
  }
  const { values, problems } = readOverrides(given, ENVIRONMENT);
  return { values, problems: [...problems, ...unknown] };
}

function foundText(schema: TSchema, text: string): string {
  return annotationsOf(schema).secret === true ? describeSecret(text) : describeFound(text);
}

function parseText(schema: TSchema, text: string): unknown {
  const isNumeric = Type.IsNumber(schema) || Type.IsInteger(schema);
  return isNumeric && /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
}

function unknownVariable(name: string, known: readonly string[]): ConfigProblem {
  const allowed = known.join(', ') + hint(name, known);
  return { source: ENVIRONMENT, path: name, found: 'an unknown variable', allowed };
}
