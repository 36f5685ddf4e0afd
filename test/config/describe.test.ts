import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeConfiguration } from '../../src/config/describe.ts';
import { ConfigFileSchema } from '../../src/config/schema.ts';
import { shippedFile } from './sources.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

test('docs/configuration.md is what the schema and the shipped files say (npm run docs writes it)', () => {
  expect(page).toBe(describeConfiguration(shippedFile(), shippedFile('example.yaml')));
});

test('every key has a description', () => {
  const undescribed = page.split('\n').filter((line) => line.startsWith('| `') && /\|\s*\|$/.test(line));
  expect(undescribed).toEqual([]);
  for (const name of Object.keys(ConfigFileSchema.properties)) expect(page).toContain(`\n## ${name}`);
});
