import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemsOfFile } from '../../config/sources.ts';
import { AnsweringServer, matrix } from './answering-server.ts';
import { ManualClock } from './manual-clock.ts';
import { fedBy, shopSettings } from './source-fixtures.ts';

const NOON = 1_700_006_400;
const SECRET = 'hunter2-very-secret';
const folder = mkdtempSync(join(tmpdir(), 'dta-slo-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const QUERIES = 'queries: { latency: latency, cpu: "", memory: "", throttled: "" }';

describe('who we are to the server', () => {
  let server: AnsweringServer;
  beforeAll(async () => {
    server = await AnsweringServer.start();
  });
  afterAll(() => server.stop());

  async function headersWith(section: string) {
    server.asked.length = 0;
    const { source } = fedBy(
      shopSettings(`url: "${server.url}/prometheus", ${QUERIES}, ${section}`),
      new ManualClock(NOON),
    );
    await source.refresh();
    await source.stop();
    expect(source.status.health).toEqual({ kind: 'ok' });
    return server.asked[0]!.headers;
  }

  it('is told by headers of our own, such as the tenant', async () => {
    const headers = await headersWith(
      `headers: { X-Scope-OrgID: "shop|bank", Authorization: "Key ${SECRET}" }`,
    );
    expect(headers).toMatchObject({ 'x-scope-orgid': 'shop|bank', authorization: `Key ${SECRET}` });
  });

  it('is told by user and password, in the file or in one of its own', async () => {
    const expected = `Basic ${Buffer.from(`ann:${SECRET}`).toString('base64')}`;
    const inside = await headersWith(`basic_auth: { username: ann, password: ${SECRET} }`);
    expect(inside.authorization).toBe(expected);
    const path = fileOf('password', `${SECRET}\n`);
    const outside = await headersWith(`basic_auth: { username: ann, password_file: ${path} }`);
    expect(outside.authorization).toBe(expected);
  });

  it('is told by a token that is read again when its file changes', async () => {
    const path = fileOf('token', 'first\n');
    const clock = new ManualClock(NOON);
    const settings = shopSettings(`url: "${server.url}", ${QUERIES}, token_file: ${path}`);
    const { source } = fedBy(settings, clock);
    server.asked.length = 0;
    await source.refresh();
    fileOf('token', 'another-one\n');
    clock.set(NOON + 60);
    await source.refresh();
    const told = new Set(server.asked.map(({ headers }) => headers.authorization));
    expect(told).toEqual(new Set(['Bearer first', 'Bearer another-one']));
    rmSync(path);
    clock.set(NOON + 120);
    await source.refresh();
    const { health } = source.status;
    expect(health.kind === 'failing' && health.reason).toMatch(/token cannot be read: ENOENT/);
    await source.stop();
  });

  it('is shown to nobody: neither in settings, nor in the log, nor in the reason of a failure', async () => {
    const path = fileOf('another-token', SECRET);
    const sections = [
      `token_file: ${path}`,
      `headers: { Authorization: "Bearer ${SECRET}" }`,
      `basic_auth: { username: ann, password: ${SECRET} }`,
    ];
    for (const section of sections) {
      const settings = shopSettings(`url: "${server.url}", ${QUERIES}, ${section}`);
      const { source, lines } = fedBy(settings, new ManualClock(NOON));
      // A server that sends back what it was sent.
      server.answer = ({ headers }, response) => {
        response.statusCode = 401;
        const error = `not allowed: ${headers.authorization}, ${SECRET}`;
        response.end(JSON.stringify({ status: 'error', errorType: 'auth', error }));
      };
      await source.refresh();
      await source.stop();
      server.answer = (_, response) => response.end(matrix([]));
      const { health } = source.status;
      expect(health.kind === 'failing' && health.reason).toMatch(/status 401: auth: not allowed/);
      const encoded = Buffer.from(`ann:${SECRET}`).toString('base64');
      for (const shown of [
        JSON.stringify(settings),
        inspect(settings, { depth: 20 }),
        JSON.stringify(source.status),
        JSON.stringify(lines),
        inspect(lines, { depth: 20 }),
      ]) {
        expect(shown).not.toContain(SECRET);
        expect(shown).not.toContain(encoded);
      }
    }
  });

  it('is not shown in the problems of a configuration that cannot be used', () => {
    const file = (section: string) => `
prometheus: { ${section} }
services: { web: { chains: [a], min_cpu: 1, max_cpu: 2, min_memory: 1, max_memory: 2, source: prometheus } }
slos: { a: 1 }`;
    const sections = [
      `url: "http://ann:${SECRET}@prometheus:9090"`,
      `url: "http://p:9090/?token=${SECRET}"`,
      `headers: { X-Key: "${SECRET}\\n" }`,
      `headers: { X-Key: ["${SECRET}"] }`,
      `basic_auth: { username: ann, password: ["${SECRET}"] }`,
      `basic_auth: { username: ann, password: "${SECRET}", password_file: x }`,
      `basic_auth: { username: ann, password: "${SECRET}" }, token_file: x`,
      `headers: { Authorization: "${SECRET}" }, token_file: x`,
    ];
    for (const section of sections) {
      const problems = problemsOfFile(file(section));
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join('\n')).not.toContain(SECRET);
    }
  });
});

describe('a server behind TLS', () => {
  let server: AnsweringServer;
  let ca: string;
  beforeAll(async () => {
    const key = join(folder, 'key.pem');
    ca = join(folder, 'cert.pem');
    const subject = ['-subj', '/CN=prometheus.internal', '-addext', 'subjectAltName=DNS:prometheus.internal'];
    const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...options, ...subject, '-keyout', key, '-out', ca], { stdio: 'ignore' });
    server = await AnsweringServer.start({ cert: readFileSync(ca, 'utf8'), key: readFileSync(key, 'utf8') });
  });
  afterAll(() => server.stop());

  async function healthWith(section: string) {
    const { source } = fedBy(
      shopSettings(`url: "${server.url}", ${QUERIES}, ${section}`),
      new ManualClock(NOON),
    );
    await source.refresh();
    await source.stop();
    return source.status.health;
  }

  it('is believed with its authority and the name in its certificate', async () => {
    const trusted = `tls: { ca_file: ${ca}, server_name: prometheus.internal }`;
    expect(await healthWith(trusted)).toEqual({ kind: 'ok' });
  });

  it('is not believed without them, unless that is asked for', async () => {
    expect(await healthWith('')).toMatchObject({
      kind: 'failing',
      reason: expect.stringMatching(/self-signed/),
    });
    expect(await healthWith(`tls: { ca_file: ${ca} }`)).toMatchObject({ kind: 'failing' });
    expect(await healthWith('tls: { insecure: true }')).toEqual({ kind: 'ok' });
  });
});
