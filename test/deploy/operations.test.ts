import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { testDaemon } from '../api/test-daemon.ts';
import { ROOT, readText } from './promql.ts';

const PAGE = readText('docs/operations.md');
const SOURCES = ['main.ts', ...readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })]
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readText(file === 'main.ts' ? file : join('src', file)))
  .join('\n');

describe('docs/operations.md', () => {
  it('quotes only lines that the daemon really logs', () => {
    const table = PAGE.slice(PAGE.indexOf('| line (`msg`'), PAGE.indexOf('| what one sees |'));
    const quoted = table
      .split('\n')
      .slice(2)
      .flatMap((row) => codeSpans(row.split('|')[1] ?? ''));
    expect(quoted.length).toBeGreaterThan(20);
    const unknown = quoted.filter((text) =>
      text.split('…').some((piece) => !SOURCES.includes(piece.trim().replace(/,$/, ''))),
    );
    expect(unknown).toEqual([]);
  });

  it('calls only what the API has', async () => {
    const server = await buildServer(testDaemon(), { version: '0.1.0' });
    const { paths } = (await server.inject({ url: '/openapi.json' })).json();
    await server.close();
    const patterns = Object.keys(paths).map((path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[\\w-]+')}$`));
    const called = [...PAGE.matchAll(/localhost:8000(\/[\w/-]+)|\b(?:GET|POST) (\/[\w/-]+)/g)].map(
      ([, url, named]) => url ?? named ?? '',
    );
    expect(called.length).toBeGreaterThan(10);
    expect(called.filter((path) => !patterns.some((pattern) => pattern.test(path)))).toEqual([]);
  });

  it('links to files and headings that are there', () => {
    const links = [...PAGE.matchAll(/\]\(([^)#]*)(#[^)]*)?\)/g)];
    const missing = links.filter(([, file]) => !existsSync(join(ROOT, 'docs', file || 'operations.md')));
    expect(missing.map(([link]) => link)).toEqual([]);
    const anchors = new Set([...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!)));
    const own = links.filter(([, file, anchor]) => file === '' && !anchors.has(anchor ?? ''));
    expect(own.map(([link]) => link)).toEqual([]);
  });

  it('names settings and variables that exist', () => {
    const configuration = readText('docs/configuration.md') + readText('docker-compose.yml');
    const keys = codeSpans(PAGE).filter((text) =>
      /^(control|store|server|monitoring|allocation|kubernetes)\.[a-z_.]+$/.test(text),
    );
    expect(keys.length).toBeGreaterThan(8);
    expect(keys.filter((key) => !configuration.includes(`\`${key.split('.').slice(1).join('.')}\``))).toEqual(
      [],
    );
    const variables = codeSpans(PAGE).flatMap((text) => /^[A-Z][A-Z_]+(?==|$)/.exec(text)?.[0] ?? []);
    expect(variables.filter((name) => !configuration.includes(name) && name !== 'SIGTERM')).toEqual([]);
  });
});

function codeSpans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

function anchorOf(heading: string): string {
  return `#${heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')}`;
}
