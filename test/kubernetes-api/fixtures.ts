import { request } from 'node:https';
import type { ApiServer } from './api-server.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

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

/** One request on a connection of its own. */
export function call(server: ApiServer, method: string, path: string, options: Call = {}): Promise<Reply> {
  const { body, type = 'application/json', token = server.token, agent = 'tester/1.0' } = options;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': type,
    'user-agent': agent,
    'content-length': String(Buffer.byteLength(text)),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}${path}`,
      { method, headers, ca: server.ca, agent: false },
      (response) => {
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
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

/** A server-side apply by a manager. */
export const applyAs = (
  server: ApiServer,
  manager: string,
  path: string,
  body: Json,
  query = '',
): Promise<Reply> =>
  call(server, 'PATCH', `${path}?fieldManager=${manager}${query}`, {
    body,
    type: 'application/apply-patch+yaml',
  });

/** A deployment with one container, `app`. */
export function deployment(name: string, resources: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels: { app: name } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'shop/app:1', resources }] },
      },
      ...spec,
    },
  };
}

export const DEPLOYMENTS_PATH = '/apis/apps/v1/namespaces/shop/deployments';

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
