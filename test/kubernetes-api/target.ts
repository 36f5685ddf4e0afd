import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { startApiServer } from './api-server.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/**
 * Whether the tests run against the cluster of KUBECONFIG or ~/.kube/config: `npm run test:cluster` says so. Where
 * neither is there they run against the local server.
 */
export const ON_CLUSTER = process.env['CLUSTER_TESTS'] === '1' && namesCluster();

/** The namespace that the tests of the API work in: of their own, and gone afterwards. */
export const NAMESPACE = ON_CLUSTER ? `dta-slo-test-${randomUUID().slice(0, 8)}` : 'shop';

/** An answer as it came over the wire. */
export interface Reply {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: JsonObject;
  readonly text: string;
}

export interface Call {
  readonly body?: Json | string;
  readonly type?: string;
  readonly token?: string;
  readonly agent?: string;
}

/** Where a request goes. */
export interface Address {
  readonly url: string;
  readonly ca?: string;
  readonly token?: string;
}

/** A server to test: the one of this folder, or a real one behind `kubectl proxy`, which logs in as KUBECONFIG says. */
export interface Target extends Address {
  close(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  if (ON_CLUSTER) return openCluster();
  const server = await startApiServer({ namespaces: [NAMESPACE] });
  return { url: server.url, ca: server.ca, token: server.token, close: () => server.close() };
}

/** One request on a connection of its own. */
export function call(to: Address, method: string, path: string, options: Call = {}): Promise<Reply> {
  const { body, type = 'application/json', token = to.token, agent = 'tester/1.0' } = options;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    'content-type': type,
    'user-agent': agent,
    'content-length': String(Buffer.byteLength(text)),
  };
  const request = to.url.startsWith('https') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const ca = to.ca === undefined ? {} : { ca: to.ca };
    const sent = request(`${to.url}${path}`, { method, headers, ...ca, agent: false }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          code: response.statusCode ?? 0,
          headers: response.headers,
          body: parsed(answer),
          text: answer,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function openCluster(): Promise<Target> {
  const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = `http://${await addressOf(proxy)}`;
  try {
    await makeNamespace(url);
  } catch (thrown) {
    proxy.kill();
    throw thrown;
  }
  return {
    url,
    close: async () => {
      await call({ url }, 'DELETE', `/api/v1/namespaces/${NAMESPACE}`);
      proxy.kill();
    },
  };
}

async function makeNamespace(url: string): Promise<void> {
  const made = await call({ url }, 'POST', '/api/v1/namespaces', { body: { metadata: { name: NAMESPACE } } });
  if (made.code !== 201) throw new Error(`no namespace to test in: ${made.text}`);
}

function namesCluster(): boolean {
  const named = process.env['KUBECONFIG'] ?? '';
  return named !== '' || existsSync(join(process.env['HOME'] ?? '/', '.kube', 'config'));
}

/** `Starting to serve on 127.0.0.1:40123` */
function addressOf(proxy: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    proxy.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const address = /serve on (\S+)\n/.exec(text)?.[1];
      if (address !== undefined) resolve(address);
    });
    proxy.on('error', reject);
    proxy.on('exit', () => reject(new Error(`kubectl proxy ended: ${text}`)));
  });
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
