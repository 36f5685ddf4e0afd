/** Writes docs/configuration.md from the schema, so that the page cannot say anything else than the code does. */
import { type TObject, type TSchema, Type } from 'typebox';
import { allowedBy, annotationsOf } from './annotations.ts';
import { OverridesSchema, SPELLINGS } from './overrides.ts';
import { ConfigFileSchema } from './schema.ts';

/** The page. `shippedFile` and `exampleFile` are shown as they are. */
export function describeConfiguration(shippedFile: string, exampleFile: string): string {
  const sections = Object.entries(ConfigFileSchema.properties).map(([name, schema]) => section(name, schema));
  return `${[INTRODUCTION, yaml(shippedFile), BEYOND, yaml(exampleFile), overrides(), MISTAKES, ...sections].join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs\` from src/config/schema.ts. Do not edit. -->

One YAML file, \`config/config.yaml\` unless \`--config\` or \`DTA_SLO_CONFIG\` names another. This is the shipped one:`;

const BEYOND = `Everything else is optional. CPU is in cores, memory in MiB, both of one instance. Times are in seconds; a time may also
be written with a unit: \`500ms\`, \`300s\`, \`5m\`, \`12h\`, \`30d\`. A file that uses more of what there is:`;

const MISTAKES = `## Mistakes

All mistakes of a file and of the environment are told at once, each with the file, the path of the key, what was found
and what is allowed; the daemon then ends with exit code 2. After SIGHUP the file is read again; a file with mistakes
changes nothing. Changes under \`server\`, \`prediction\` and \`store\`, and of \`monitoring.sampling_interval\`,
\`window_size\` and \`future_tolerance\` wait for a restart; the log names them. An unknown key is a mistake, so that a misspelt one does not go unnoticed.`;

function yaml(text: string): string {
  return `\`\`\`yaml\n${text.trimEnd()}\n\`\`\``;
}

function overrides(): string {
  const properties = new Map(Object.entries(OverridesSchema.properties));
  const rows = Object.entries(SPELLINGS).map(([key, { flag, argument, variable, key: path }]) => {
    const { description = '' } = annotationsOf(properties.get(key) ?? {});
    const meaning = path === undefined ? description : `Instead of \`${path}\`.`;
    return [flag === undefined ? '' : `\`--${flag} ${argument}\``, `\`${variable}\``, meaning];
  });
  return `## Flags and environment

A flag beats the environment, the environment beats the file. Any other variable that begins with \`DTA_SLO_\` is a
mistake, except those that Kubernetes sets for a Service of that name.

${table(['Flag', 'Variable', 'Meaning'], rows)}`;
}

function section(name: string, schema: TSchema): string {
  const isByName = Type.IsRecord(schema);
  const heading = isByName ? `${name}.<name>` : name;
  const body = isByName ? Type.RecordValue(schema) : schema;
  const { description = '' } = annotationsOf(schema);
  const rows = Type.IsObject(body) ? keyRows(body, '') : [];
  const lists = Type.IsObject(body) ? Object.entries(body.properties).flatMap(itemSection) : [];
  return [`## ${heading}`, description, table(COLUMNS, rows), ...lists].join('\n\n');
}

const COLUMNS = ['Key', 'Default', 'Allowed', 'Meaning'];

/** The keys of the mappings in a list, under a heading of their own. */
function itemSection([key, schema]: [string, TSchema]): string[] {
  if (!Type.IsArray(schema) || !Type.IsObject(schema.items)) return [];
  const { description = '' } = annotationsOf(schema.items);
  return [`### ${key}`, description, table(COLUMNS, keyRows(schema.items, ''))];
}

function keyRows(schema: TObject, prefix: string): string[][] {
  return Object.entries(schema.properties).flatMap(([key, property]) => {
    if (Type.IsObject(property)) return keyRows(property, `${prefix}${key}.`);
    const { description = '' } = annotationsOf(property);
    return [[`\`${prefix}${key}\``, defaultOf(property), allowedBy(property), description]];
  });
}

function defaultOf(schema: TSchema): string {
  const { default: fallback, derived } = annotationsOf(schema);
  if (fallback !== undefined)
    return `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
  if (derived === undefined) return 'required';
  return derived === 'none' ? 'none' : `\`${derived}\``;
}

/** Columns are padded, as the formatter wants them. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = headings.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}
