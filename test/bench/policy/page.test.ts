import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { USAGE } from '../../../bench/policy/options.ts';
import { contendersOf } from '../../../bench/policy/registry.ts';
import { TABLE_USAGE } from '../../../bench/policy/table-options.ts';
import { SCENARIOS } from '../../../bench/policy/traffic/scenarios.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const page = readFileSync(new URL('policy-benchmark.md', DOCS), 'utf8');

function named(text: string): RegExp {
  return new RegExp(`\`${text}\``);
}

it('docs/policy-benchmark.md tells of every policy and bound', () => {
  for (const { name } of contendersOf(undefined)) expect(page).toMatch(named(name));
});

it('docs/policy-benchmark.md tells of every scenario', () => {
  for (const name of SCENARIOS.keys()) expect(page).toMatch(named(name));
});

it('docs/policy-benchmark.md tells of every flag of both commands', () => {
  const flags = `${USAGE}\n${TABLE_USAGE}`.matchAll(/^ {2}(--[\w-]+)/gm);
  for (const [, flag] of flags) expect(page).toMatch(new RegExp(`\`${flag}\\b`));
});

it('docs/policy-benchmark.md links to files that are there', () => {
  const links = [...page.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, file]) => file!);
  expect(links.filter((file) => !existsSync(new URL(file, DOCS)))).toEqual([]);
});
