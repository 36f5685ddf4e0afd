import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { testDecision } from './fixtures.ts';
import { testDaemon } from './test-daemon.ts';

const PAGE = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

interface Example {
  readonly call: string;
  readonly answer: string;
}

/** Each indented block with a curl in it, and the answer in the block behind it. */
function examples(): readonly Example[] {
  const blocks = PAGE.split(/\n\n/).filter((block) => block.startsWith('    '));
  return blocks.flatMap((block, index) =>
    block.includes('curl') ? [{ call: block.trim(), answer: blocks[index + 1]?.trim() ?? '' }] : [],
  );
}

/** Method, address, type and body of a curl as it stands in the page. */
function parse(call: string) {
  const url = /http:\/\/localhost:8000([^\s']*)/.exec(call)?.[1] ?? '';
  const type = /content-type: ([\w/+-]+)/.exec(call)?.[1];
  const piped = /printf '(.*)' \|/.exec(call)?.[1]?.replaceAll('\\n', '\n');
  const payload = piped ?? /-d '(.*)'/.exec(call)?.[1];
  const method = payload !== undefined || call.includes('-X POST') ? ('POST' as const) : ('GET' as const);
  return { method, url, ...(payload && { payload }), ...(type && { headers: { 'content-type': type } }) };
}

let server: FastifyInstance;

beforeAll(async () => {
  const daemon = testDaemon();
  daemon.decisions.push(testDecision('d'));
  server = await buildServer(daemon, { version: '0.1.0' });
});
afterAll(() => server.close());

describe('docs/api.md', () => {
  it('has an example of every call', async () => {
    const { paths } = (await server.inject({ url: '/openapi.json' })).json();
    const shown = examples().map(({ call }) => {
      const { method, url } = parse(call);
      return `${method} ${url.replace(/\?.*/, '')}`;
    });
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods ?? {})) {
        const pattern = new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[\\w-]+')}$`);
        expect(
          shown.some((call) => pattern.test(call)),
          `${method} ${path}`,
        ).toBe(true);
      }
    }
  });

  it.each(examples().filter(({ answer }) => /^\d{3} /.test(answer)))(
    'shows the status and keys that come for $call',
    async ({ call, answer }) => {
      const actual = await server.inject(parse(call));
      expect(String(actual.statusCode)).toBe(answer.slice(0, 3));
      const keys = Object.keys(actual.json());
      expect(keys.length).toBeGreaterThan(0);
      // What was cut is marked.
      const missing = keys.filter((key) => !answer.includes(`"${key}"`));
      expect(answer.includes('…') ? [] : missing).toEqual([]);
    },
  );

  it('gives short answers exactly', async () => {
    const exact = examples().filter(({ answer }) => /^202 /.test(answer) && !/"at":/.test(answer));
    expect(exact.length).toBe(3);
    for (const { call, answer } of exact) {
      const shown = answer.slice(4).replaceAll(/\s*\n\s+/g, ' ');
      expect(JSON.parse(shown)).toEqual((await server.inject(parse(call))).json());
    }
  });

  it('lists every kind of problem', async () => {
    const source = readFileSync(new URL('../../src/api/problems.ts', import.meta.url), 'utf8');
    const kinds = [...source.matchAll(/^ {2}'([a-z-]+)': \{ status: (\d+)/gm)];
    expect(kinds.length).toBeGreaterThan(10);
    for (const [, kind, status] of kinds) expect(PAGE).toContain(`| \`${kind}\` | ${status} |`);
  });
});
