/** From a file, flags and environment to settings that are whole and valid. */
import { ConfigError, type ConfigProblem } from '../models/errors.ts';
import type { Settings } from '../models/settings.ts';
import { buildSettings } from './build.ts';
import { crossCheck } from './cross-checks.ts';
import { DEFAULT_FILE, type FlagValues } from './overrides.ts';
import { parseYamlFile } from './parse-yaml.ts';
import { readDocument } from './read.ts';
import { readEnvironment } from './read-overrides.ts';
import type { ConfigFile } from './schema.ts';

export interface SettingsSources {
  /** Path of the configuration file. */
  readonly file: string;
  readonly flags: FlagValues;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws a ConfigError that carries every problem of the file and of the environment. */
export function loadSettings({ file, flags, environment }: SettingsSources): Settings {
  const variables = readEnvironment(environment);
  const { complete, problems } = readFile(file);
  const all = [...problems, ...variables.problems, ...tokenProblems(complete, variables.values.token, file)];
  if (complete === undefined || all.length > 0) throw new ConfigError(all);
  return buildSettings(complete, { ...variables.values, ...flags });
}

/** What is needed before the file is read, and what is no setting of it. */
export interface StartOptions {
  readonly file: string;
  /** How many times faster than real time the daemon's clock runs. */
  readonly clockSpeed: number;
}

/** Never throws: what is wrong with the environment is left out here, and `loadSettings` reports it with the rest. */
export function startOptions({ flags, environment }: Omit<SettingsSources, 'file'>): StartOptions {
  const { config = DEFAULT_FILE, clockSpeed = 1 } = { ...readEnvironment(environment).values, ...flags };
  return { file: config, clockSpeed };
}

/** What asks for protection is never answered with none. */
function tokenProblems(
  file: ConfigFile | undefined,
  token: string | undefined,
  source: string,
): ConfigProblem[] {
  const auth = file?.server.auth;
  if (auth === undefined || auth.token_file !== undefined || token !== undefined) return [];
  if (auth.protect === 'writes' && auth.intake_token_file === undefined) return [];
  const allowed = 'a file with tokens of operators, or DTA_SLO_TOKEN in the environment';
  return [{ source, path: 'server.auth.token_file', found: 'nothing', allowed }];
}

interface FileReading {
  readonly complete: ConfigFile | undefined;
  readonly problems: readonly ConfigProblem[];
}

function readFile(file: string): FileReading {
  try {
    const { readable, complete, problems } = readDocument(parseYamlFile(file), file);
    return { complete, problems: [...problems, ...crossCheck(readable, file)] };
  } catch (thrown) {
    if (thrown instanceof ConfigError) return { complete: undefined, problems: thrown.problems };
    throw thrown;
  }
}
