/** How to speak to a cluster: who we are, over connections that are kept. */
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterSource } from './find-cluster.ts';
import { loadConfig } from './load-config.ts';

/** What one request needs beside its path: who we are, and the connections that are kept. */
export interface Connection {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

/** A cluster and its credentials. Throws where they cannot be read. */
export class ClusterAccess {
  readonly server: URL;
  /** Namespace of the context, or of the pod that the daemon runs in. */
  readonly namespace: string | undefined;
  readonly #load: () => KubeConfig;
  #config: KubeConfig;
  /** Shared by all who ask meanwhile: a program that gives a token is run once. */
  #connecting: Promise<Connection> | undefined;
  #kept: { readonly agent: Agent; readonly secrets: string } | undefined;

  private constructor(load: () => KubeConfig) {
    this.#load = load;
    this.#config = load();
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no current cluster');
    this.server = new URL(cluster.server);
    const context = this.#config.getContextObject(this.#config.getCurrentContext());
    this.namespace = context?.namespace;
  }

  static async open(source: ClusterSource, context: string | undefined): Promise<ClusterAccess> {
    // 75 MB and half a second that those without a cluster need not spend.
    const client = await import('@kubernetes/client-node');
    return new ClusterAccess(() => loadConfig(client, source, context));
  }

  /**
   * Tokens of files are read again every minute and those of programs when they have expired (client-node does it);
   * connections are kept for as long as certificates and keys stay the same. The client would open one a request.
   */
  connection(): Promise<Connection> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Connection> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const secrets = JSON.stringify([options.ca, options.cert, options.key].map((value) => String(value)));
    if (this.#kept?.secrets !== secrets) {
      this.#kept?.agent.destroy();
      this.#kept = { agent: keepAlive(options.agent), secrets };
    }
    return { agent: this.#kept.agent, headers: headersOf(options) };
  }

  /** Reads everything again: what was accepted a minute ago no longer is. */
  renew(): void {
    this.#connecting = undefined;
    this.#config = this.#load();
  }

  close(): void {
    this.#kept?.agent.destroy();
  }
}

function keepAlive(agent: RequestOptions['agent']): Agent {
  if (typeof agent !== 'object') throw new Error('the client made no agent');
  return Object.assign(agent, { keepAlive: true });
}

function headersOf({ headers = {}, auth }: RequestOptions): Record<string, string> {
  const texts = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    String(value).trim(),
  ]);
  const basic =
    typeof auth === 'string' ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...Object.fromEntries(texts), ...basic };
}
