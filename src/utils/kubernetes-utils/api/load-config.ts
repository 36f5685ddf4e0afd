/** Reads what describes a cluster, in the way of kubectl. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { KubeConfig, User } from '@kubernetes/client-node';
import { messageOf } from '../../../models/errors.ts';
import type { ClusterSource, InCluster } from './find-cluster.ts';
import { listAt, textAt } from './json.ts';

type Client = typeof import('@kubernetes/client-node');

/** Throws a message for people where it cannot be read. */
export function loadConfig(client: Client, source: ClusterSource, context: string | undefined): KubeConfig {
  const config = new client.KubeConfig();
  if (source.kind === 'in-cluster') config.loadFromOptions(inCluster(source));
  else loadFiles(client, config, source.files);
  if (context !== undefined) useContext(config, context);
  return config;
}

function inCluster({ host, port, folder }: InCluster): Parameters<KubeConfig['loadFromOptions']>[0] {
  const name = 'in-cluster';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const namespaceFile = join(folder, 'namespace');
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : undefined;
  return {
    clusters: [{ name, caFile: join(folder, 'ca.crt'), server, skipTLSVerify: false }],
    users: [fromTokenFile({ name }, join(folder, 'token'))],
    contexts: [{ name, cluster: name, user: name, ...(namespace !== undefined && { namespace }) }],
    currentContext: name,
  };
}

/** Of several files those that are not there are passed over, and the first that says something wins. */
function loadFiles(client: Client, config: KubeConfig, files: readonly string[]): void {
  const [first, ...others] = files.length === 1 ? files : files.filter((file) => existsSync(file));
  if (first === undefined) throw new Error(`none of ${files.join(', ')} exists`);
  try {
    loadFile(client, config, first);
    for (const file of others) {
      const more = new client.KubeConfig();
      loadFile(client, more, file);
      config.mergeConfig(more, true);
    }
  } catch (thrown) {
    throw new Error(`the kubeconfig cannot be read: ${messageOf(thrown)}`);
  }
}

/** The client leaves `tokenFile` of a user out. */
function loadFile(client: Client, config: KubeConfig, file: string): void {
  config.loadFromFile(file);
  const users = listAt(client.loadYaml(readFileSync(file, 'utf8')), 'users');
  config.users = config.users.map((user) => {
    const tokenFile = textAt(
      users.find((raw) => textAt(raw, 'name') === user.name),
      'user',
      'tokenFile',
    );
    if (tokenFile === undefined) return user;
    return fromTokenFile(user, isAbsolute(tokenFile) ? tokenFile : join(dirname(file), tokenFile));
  });
}

function fromTokenFile(user: User, tokenFile: string): User {
  return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } };
}

function useContext(config: KubeConfig, context: string): void {
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context))
    throw new Error(`kubernetes.context is ${context}, the kubeconfig has ${known.join(', ')}`);
  config.setCurrentContext(context);
}
