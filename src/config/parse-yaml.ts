import { readFileSync, statSync } from 'node:fs';
import { load, YAMLException } from 'js-yaml';
import { ConfigError, messageOf } from '../models/errors.ts';

/** Largest file, bytes; 10,000 services with 30,000 chains take about 5 MiB. */
const LARGEST_FILE = 10 * 1024 * 1024;

/** The document in a YAML file. Throws a ConfigError when it cannot be read, with line and column where it breaks. */
export function parseYamlFile(file: string): unknown {
  const text = readText(file);
  if (text.trim() === '') throw problem(file, 'an empty file', 'a mapping with services and slos');
  try {
    return load(text);
  } catch (thrown) {
    throw problem(file, syntaxError(thrown), 'one YAML 1.2 document, each key once');
  }
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE) {
      throw problem(file, `${size} bytes`, `a file of at most ${LARGEST_FILE} bytes`);
    }
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw problem(file, `a file that cannot be read (${messageOf(thrown)})`, 'a readable YAML file');
  }
}

function syntaxError(thrown: unknown): string {
  if (!(thrown instanceof YAMLException)) return messageOf(thrown);
  const { reason, mark } = thrown;
  return mark === undefined ? reason : `${reason} at line ${mark.line + 1}, column ${mark.column + 1}`;
}

function problem(source: string, found: string, allowed: string): ConfigError {
  return new ConfigError([{ source, path: '', found, allowed }]);
}
