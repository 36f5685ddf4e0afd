import { annotationsOf } from './annotations.ts';
import { OverridesSchema, SPELLINGS } from './overrides.ts';

/** What `--help` prints. */
export function helpText(): string {
  const rows = [...flagRows(), ['--help', 'Shows this text.'], ['--version', 'Shows the version.']];
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

function flagRows(): string[][] {
  const properties = new Map(Object.entries(OverridesSchema.properties));
  return Object.entries(SPELLINGS).map(([key, { flag, argument, variable }]) => {
    const { description = '', default: fallback, derived } = annotationsOf(properties.get(key) ?? {});
    if (flag === undefined) return [variable, description.replaceAll('`', '')];
    return [
      `--${flag} ${argument}`,
      `${description.replaceAll('`', '')} [${variable}, default ${fallback ?? derived}]`,
    ];
  });
}
