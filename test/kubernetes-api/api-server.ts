import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Access, ALL_RIGHTS, type Rule } from './access.ts';
import { type ControlPlane, makeControlPlane, ServerClock } from './control-plane.ts';
import { Controllers, type Fate } from './controllers/controllers.ts';
import { type Faults, meets, type RequestMatch } from './faults.ts';
import { HttpServer, type LoggedRequest } from './http-server.ts';
import type { KubeObject } from './json.ts';
import { type Connection, kubeconfigText, writeServiceAccount } from './kubeconfig.ts';
import { type Usage, usageKey } from './metrics.ts';
import { Objects } from './objects.ts';
import { NAMESPACES, type ResourceType } from './resource-types.ts';
import { type Certificates, makeCertificates } from './tls.ts';
import { Watches } from './watch.ts';

export interface ApiServerOptions {
  /** Namespaces that exist from the start, besides `default` and `kube-system`. */
  readonly namespaces?: readonly string[];
  /** API groups (`keda.sh`) and subresources (`pods/resize`) that are not there. */
  readonly without?: readonly string[];
  /** Rollouts as Argo's CRD had them before 1.8.3, with the containers as one value (false). */
  readonly oldRollouts?: boolean;
  /** Minor version of its Kubernetes, as far as it tells versions apart (33). */
  readonly kubernetes?: 33 | 34;
  /** How long a pod takes from its creation until it is ready, in milliseconds of the server's time (10). */
  readonly podReadyMs?: number;
  /** How often a watch that asks for them gets a bookmark, in milliseconds (60,000). */
  readonly bookmarkMs?: number;
  /** What the first token may do (everything). */
  readonly rules?: readonly Rule[];
  /** Whether deployments and the like are worked on (true). */
  readonly controllers?: boolean;
}

/** A control plane for tests: kube-apiserver's API over HTTPS, with the controllers that make pods of deployments. */
export interface ApiServer {
  readonly url: string;
  /** The certificate authority in PEM. */
  readonly ca: string;
  /** The token that kubeconfig and in-cluster folder carry. */
  readonly token: string;
  readonly user: string;
  readonly faults: Faults;
  readonly watches: Watches;
  /** Reads and writes past HTTP: for setting up a test and for looking at what is left. */
  readonly objects: Objects;
  readonly requests: LoggedRequest[];
  /** How many requests of a kind there were: `{ verb: 'patch', resource: 'deployments' }`. */
  count(match: RequestMatch): number;
  readonly handshakes: number;
  readonly connections: number;
  /** Writes a KUBECONFIG file for the token, or for another. */
  kubeconfig(path: string, token?: string): Promise<void>;
  /** Writes what a pod finds of its service account; call again with another token to rotate. */
  inClusterFolder(folder: string, token?: string): Promise<void>;
  /** A further token with rights of its own. */
  addToken(rules?: readonly Rule[], name?: string): string;
  expireToken(token: string): void;
  /** Decides what becomes of the pods that a workload makes from now on. */
  newPods(namespace: string, workload: string, fate: Fate): void;
  setUsage(namespace: string, pod: string, container: string, usage: Usage): void;
  install(group: string): void;
  uninstall(group: string): void;
  /** Moves the server's time on, and lets the controllers work. */
  advance(seconds: number): void;
  /** Resolves as soon as the object is as wanted; rejects after `withinMs` (5,000). */
  until(
    of: ResourceType,
    namespace: string,
    name: string,
    wanted: (object: KubeObject) => boolean,
    withinMs?: number,
  ): Promise<KubeObject>;
  stop(): Promise<void>;
  /** After `stop`: listens on the same port again, with all objects as they were. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server on a port of its own. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = new TestServer(options, await makeCertificates());
  await server.start();
  return server;
}

const USER = 'system:serviceaccount:default:dta-slo';

class TestServer implements ApiServer {
  readonly user = USER;
  readonly ca: string;
  readonly token: string;
  readonly objects: Objects;
  readonly watches: Watches;
  readonly faults: Faults;
  readonly requests: LoggedRequest[];
  readonly #missing: Set<string>;
  readonly #access = new Access();
  readonly #clock = new ServerClock();
  readonly #plane: ControlPlane;
  readonly #http: HttpServer;
  readonly #controllers: Controllers;

  constructor(options: ApiServerOptions, certificates: Certificates) {
    this.#missing = new Set(options.without);
    const installed = {
      missing: this.#missing,
      oldRollouts: options.oldRollouts === true,
      minor: options.kubernetes ?? 33,
    };
    this.#plane = makeControlPlane(this.#clock, this.#access, installed);
    this.watches = new Watches(this.#plane, options.bookmarkMs ?? 60_000);
    this.#http = new HttpServer(this.#plane, this.watches, certificates);
    this.#controllers = new Controllers(this.#plane, options.podReadyMs ?? 10);
    this.objects = new Objects(this.#plane);
    this.faults = this.#http.faults;
    this.requests = this.#http.requests;
    this.ca = certificates.ca;
    this.token = this.addToken(options.rules);
    for (const name of ['default', 'kube-system', ...(options.namespaces ?? [])])
      this.objects.create(NAMESPACES, { metadata: { name } });
    if (options.controllers !== false) this.#controllers.start();
  }

  get url(): string {
    return `https://${this.#http.address}`;
  }

  get handshakes(): number {
    return this.#http.handshakes;
  }

  get connections(): number {
    return this.#http.connections;
  }

  count(match: RequestMatch): number {
    return this.requests.filter((request) => meets(match, request)).length;
  }

  kubeconfig(path: string, token = this.token): Promise<void> {
    return writeFile(path, kubeconfigText(this.#connection(token)));
  }

  inClusterFolder(folder: string, token = this.token): Promise<void> {
    return writeServiceAccount(folder, this.#connection(token));
  }

  addToken(rules: readonly Rule[] = ALL_RIGHTS, name = USER): string {
    const token = `test-${randomUUID()}`;
    this.#access.allow(token, { name, rules });
    return token;
  }

  expireToken(token: string): void {
    this.#access.expire(token);
  }

  newPods(namespace: string, workload: string, fate: Fate): void {
    this.#controllers.setFate(namespace, workload, fate);
  }

  setUsage(namespace: string, pod: string, container: string, usage: Usage): void {
    this.#plane.usages.set(usageKey(namespace, pod, container), usage);
  }

  install(group: string): void {
    this.#missing.delete(group);
  }

  uninstall(group: string): void {
    this.#missing.add(group);
  }

  advance(seconds: number): void {
    this.#clock.advance(seconds * 1000);
    this.#controllers.step();
  }

  until(
    of: ResourceType,
    namespace: string,
    name: string,
    wanted: (object: KubeObject) => boolean,
    withinMs?: number,
  ): Promise<KubeObject> {
    return this.objects.until(of, namespace, name, wanted, withinMs);
  }

  start(): Promise<void> {
    return this.#http.start();
  }

  stop(): Promise<void> {
    return this.#http.stop();
  }

  close(): Promise<void> {
    this.#controllers.stop();
    return this.stop();
  }

  #connection(token: string): Connection {
    return { url: this.url, ca: this.ca, token, namespace: 'default' };
  }
}
