import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { ConfigError } from '../../../src/models/errors.ts';
import { Secret } from '../../../src/models/secret.ts';
import type { AuthSettings } from '../../../src/models/settings.ts';
import { NOW, testDecision, testSettings } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

const OPERATOR = 'operator-token-0123456789abcdef';
const SECOND = 'second-operator-token-0123456789';
const INTAKE = 'intake-token-0123456789abcdef===';
const WRONG = 'wrong-token-fedcba9876543210wrong';

const folder = mkdtempSync(join(tmpdir(), 'dta-slo-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

let server: FastifyInstance | undefined;
let log = '';
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Running {
  readonly url: string;
  readonly daemon: TestDaemon;
  readonly time: { now: number };
}

/** A server that listens, with the operator's token in a file, and the changes. */
async function listening(changes: Partial<AuthSettings> = {}): Promise<Running> {
  const auth: AuthSettings = {
    tokenFile: file('operator', `# of Anna's laptop\n${OPERATOR}\n\n${SECOND}\r\n`),
    protect: 'writes',
    intake: 'protected',
    ...changes,
  };
  const settings = testSettings();
  const time = { now: NOW };
  const clock = { nowSeconds: () => time.now, sleep: async () => undefined };
  const daemon = testDaemon({ ...settings, server: { ...settings.server, auth } }, clock);
  daemon.decisions.push(testDecision('d1'));
  log = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      log += String(chunk);
      done();
    },
  });
  server = await buildServer(daemon, { version: '1.2.3', logger: { level: 'info', stream } });
  return { url: await server.listen({ host: '127.0.0.1', port: 0 }), daemon, time };
}

function call({ url }: Running, method: string, path: string, token?: string, body?: object) {
  return fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const RECORD = { chain_id: 'order-processing', response_time: 0.1 };
const WRITES = [
  ['POST', '/allocations'],
  ['POST', '/allocations/what-if', {}],
  ['POST', '/allocations/auth-service/undo'],
  ['POST', '/pause'],
  ['POST', '/resume'],
  ['POST', '/services/auth-service/mode', { mode: 'rolling' }],
  ['POST', '/services/auth-service/applied', { cpu: 1, memory: 256, instances: 2 }],
] as const;
const TELLING = [
  ['POST', '/requests', RECORD],
  ['POST', '/services/auth-service/usage', { cpu: 1 }],
] as const;
const READS = ['/', '/allocations', '/allocations/history', '/services', '/chains', '/profiles', '/metrics'];
const OPEN = ['/healthz', '/readyz', '/openapi.json', '/docs/'];

describe('with a token configured', () => {
  it.each([...WRITES, ...TELLING])(
    '%s %s needs a token that is good',
    async (method, path, body?: object) => {
      const running = await listening();
      for (const token of [undefined, WRONG, OPERATOR.slice(0, -1), `${OPERATOR}x`]) {
        const answer = await call(running, method, path, token, body);
        expect(answer.status).toBe(401);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(answer.headers.get('www-authenticate')).toBe(
          `Bearer realm="dta-slo"${token === undefined ? '' : ', error="invalid_token"'}`,
        );
        expect(await answer.json()).toMatchObject({ type: 'urn:dta-slo:problem:unauthorized', status: 401 });
      }
      expect(running.daemon.operator.state.paused).toBeUndefined();
      expect(running.daemon.traffic.stats.accepted).toBe(0);
      for (const token of [OPERATOR, SECOND])
        expect((await call(running, method, path, token, body)).status).not.toBe(401);
    },
  );

  it('does not read a body before it knows who sends it', async () => {
    const running = await listening();
    const answer = await fetch(`${running.url}/requests`, {
      method: 'POST',
      body: '{"no json',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(401);
  });

  it.each([...READS, ...OPEN])('%s needs none', async (path) => {
    expect((await call(await listening(), 'GET', path)).status).toBe(200);
  });

  it.each(['Basic abc', 'Bearer', 'Bearer a b', OPERATOR, `Token ${OPERATOR}`, `Bearer ${OPERATOR}, x`])(
    'refuses the header %j without repeating it',
    async (authorization) => {
      const { url } = await listening();
      const answer = await fetch(`${url}/pause`, { method: 'POST', headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain(OPERATOR);
    },
  );

  it('takes the scheme in any case', async () => {
    const { url } = await listening();
    const headers = { authorization: `bearer ${OPERATOR}` };
    expect((await fetch(`${url}/pause`, { method: 'POST', headers })).status).toBe(200);
  });

  it('takes the tokens of the environment beside those of the file', async () => {
    const { tokenFile: _, ...others } = (await listening()).daemon.settings.server.auth!;
    await server?.close();
    expect((await call(await listening(others), 'POST', '/pause', OPERATOR)).status).toBe(200);
    await server?.close();
    const running = await listening({ token: new Secret(`${WRONG}\n`) });
    expect((await call(running, 'POST', '/pause', WRONG)).status).toBe(200);
    expect((await call(running, 'POST', '/resume', OPERATOR)).status).toBe(200);
  });
});

describe('protect: all', () => {
  it('protects reading too, and leaves health and the description open', async () => {
    const running = await listening({ protect: 'all' });
    for (const path of READS) {
      expect((await call(running, 'GET', path)).status, path).toBe(401);
      expect((await call(running, 'HEAD', path)).status, path).toBe(401);
      expect((await call(running, 'GET', path, OPERATOR)).status, path).toBe(200);
    }
    for (const path of OPEN) expect((await call(running, 'GET', path)).status, path).toBe(200);
    expect((await call(running, 'GET', '/nope')).status).toBe(401);
  });
});

describe('tokens for telling', () => {
  it('are good for traffic and use, and for nothing else', async () => {
    const running = await listening({ intakeTokenFile: file('intake', INTAKE), protect: 'all' });
    for (const [method, path, body] of TELLING)
      expect((await call(running, method, path, INTAKE, body)).status, path).toBe(202);
    for (const [method, path, body] of WRITES) {
      const answer = await call(running, method, path, INTAKE, body);
      expect(answer.status, path).toBe(403);
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      expect(await answer.json()).toMatchObject({
        type: 'urn:dta-slo:problem:forbidden',
        detail: expect.stringContaining('POST /requests and /services/{service}/usage only'),
      });
    }
    expect((await call(running, 'GET', '/allocations', INTAKE)).status).toBe(403);
  });

  it('are not needed with intake: open', async () => {
    const running = await listening({ intake: 'open' });
    for (const [method, path, body] of TELLING)
      expect((await call(running, method, path, undefined, body)).status, path).toBe(202);
    expect((await call(running, 'POST', '/pause')).status).toBe(401);
  });
});

describe('without a token configured', () => {
  it('every call is open, with any authorization', async () => {
    server = await buildServer(testDaemon(), { version: '1.2.3' });
    for (const [method, url, payload] of [...WRITES, ...TELLING]) {
      const headers = { authorization: `Bearer ${WRONG}` };
      const answer = await server.inject({ method, url, headers, ...(payload && { payload }) });
      expect([401, 403, 429], url).not.toContain(answer.statusCode);
    }
  });
});

describe('wrong tokens', () => {
  it('are answered with 429 after ten, while the right one goes on being good', async () => {
    const running = await listening();
    const answers = [];
    for (let count = 0; count < 12; count += 1) answers.push(await call(running, 'POST', '/pause', WRONG));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429]);
    expect(answers[11]?.headers.get('retry-after')).toBe('1');
    expect((await call(running, 'POST', '/pause', OPERATOR)).status).toBe(200);
    expect((await call(running, 'POST', '/pause')).status).toBe(401);
    running.time.now += 1;
    expect((await call(running, 'POST', '/pause', WRONG)).status).toBe(401);
  });

  it('are told in the log once a minute, without the tokens', async () => {
    const running = await listening();
    for (let count = 0; count < 5; count += 1) await call(running, 'POST', '/pause', WRONG);
    running.time.now += 61;
    await call(running, 'POST', '/resume', OPERATOR.slice(1));
    const lines = log
      .split('\n')
      .filter((line) => line.includes('refused'))
      .map((line) => JSON.parse(line));
    expect(lines.map(({ refused, address, route }) => [refused, address, route])).toEqual([
      [1, '127.0.0.1', '/pause'],
      [5, '127.0.0.1', '/resume'],
    ]);
    expect(log).not.toContain(WRONG);
    expect(log).not.toContain(OPERATOR.slice(1));
  });
});

describe('a token file that cannot be used', () => {
  it.each([
    ['', 'found no token'],
    ['# nothing yet\n', 'found no token'],
    [`${OPERATOR}\nshort\n`, 'found a line 2 of 5 characters that is no token'],
    ['a token with spaces in it', 'found a line 1 of 25 characters that is no token'],
  ])('%j keeps the server from being built', async (text, found) => {
    const built = listening({ tokenFile: file('bad', text) });
    await expect(built).rejects.toThrow(ConfigError);
    await expect(built).rejects.toThrow(found);
    await expect(built).rejects.not.toThrow(OPERATOR);
  });

  it('may also be absent, or a folder, or in the environment', async () => {
    await expect(listening({ tokenFile: join(folder, 'absent') })).rejects.toThrow('server.auth.token_file');
    await expect(listening({ intakeTokenFile: folder })).rejects.toThrow('server.auth.intake_token_file');
    await expect(listening({ token: new Secret('too-short') })).rejects.toThrow(
      'environment: DTA_SLO_TOKEN: found a line 1 of 9 characters',
    );
  });
});
