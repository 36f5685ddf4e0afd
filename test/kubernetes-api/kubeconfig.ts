import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';

export interface Connection {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly namespace: string;
}

/** A KUBECONFIG file's text; with `tokenFile` the token is read from there again and again. */
export function kubeconfigText(connection: Connection, tokenFile?: string): string {
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: connection.url,
          'certificate-authority-data': Buffer.from(connection.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'test', user: tokenFile === undefined ? { token: connection.token } : { tokenFile } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: connection.namespace } }],
  });
}

/** The files that a pod finds under /var/run/secrets/kubernetes.io/serviceaccount: token, ca.crt, namespace. */
export async function writeServiceAccount(folder: string, connection: Connection): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'token'), connection.token);
  await writeFile(join(folder, 'ca.crt'), connection.ca);
  await writeFile(join(folder, 'namespace'), connection.namespace);
}
