import type { Json, JsonObject } from './json.ts';
import { type Address, call, NAMESPACE, type Reply } from './target.ts';

export const DEPLOYMENTS_PATH = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

/** A server-side apply by a manager. */
export const applyAs = (to: Address, manager: string, path: string, body: Json, query = ''): Promise<Reply> =>
  call(to, 'PATCH', `${path}?fieldManager=${manager}${query}`, {
    body,
    type: 'application/apply-patch+yaml',
  });

/** A deployment with one container, `app`. */
export function deployment(name: string, resources: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE, labels: { app: name } },
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
