import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Access, ALL_RIGHTS, type Rule } from './access.ts';
import { makeControlPlane, ServerClock } from './control-plane.ts';
import { Controllers, type Fate } from './controllers/controllers.ts';
import { type Faults, meets, type RequestMatch } from './faults.ts';
import { HttpServer, type LoggedRequest } from './http-server.ts';
import type { KubeObject } from './json.ts';
import { kubeconfigText, writeServiceAccount } from './kubeconfig.ts';
import { type Usage, usageKey } from './metrics.ts';
import { Objects } from './objects.ts';
import { NAMESPACES, type ResourceType } from './resource-types.ts';
import { makeCertificates } from './tls.ts';
import { Watches } from './watch.ts';

export interface ApiServerOptions {
  /** Namespaces that exist from the start, besides `default` and `kube-system`. */
  readonly namespaces?: readonly string[];
  /** API groups (`keda.sh`) and subresources (`pods/resize`) that are not there. */
  readonly without?: readonly string[];
  /** Rollouts as Argo's CRD had them before 1.8.3, with the containers as one value (false). */
  readonly oldRollouts?: boolean;
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

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const missing = new Set(options.without ?? []);
  const access = new Access();
  const clock = new ServerClock();
  const plane = makeControlPlane(clock, access, { missing, oldRollouts: options.oldRollouts === true });
  const watches = new Watches(plane, options.bookmarkMs ?? 60_000);
  const certificates = await makeCertificates();
  const http = new HttpServer(plane, watches, certificates);
  const objects = new Objects(plane);
  const controllers = new Controllers(plane, options.podReadyMs ?? 10);
  const user = 'system:serviceaccount:default:dta-slo';
  for (const name of ['default', 'kube-system', ...(options.namespaces ?? [])])
    objects.create(NAMESPACES, { metadata: { name } });
  const addToken = (rules: readonly Rule[] = ALL_RIGHTS, name = user): string => {
    const added = `test-${randomUUID()}`;
    access.allow(added, { name, rules });
    return added;
  };
  const token = addToken(options.rules);
  if (options.controllers !== false) controllers.start();
  await http.start();
  const url = `https://${http.address}`;
  const connection = (own = token) => ({ url, ca: certificates.ca, token: own, namespace: 'default' });
  return {
    url,
    ca: certificates.ca,
    token,
    user,
    faults: http.faults,
    watches,
    objects,
    requests: http.requests,
    count: (match) => http.requests.filter((request) => meets(match, request)).length,
    get handshakes() {
      return http.handshakes;
    },
    get connections() {
      return http.connections;
    },
    kubeconfig: (path, own) => writeFile(path, kubeconfigText(connection(own))),
    inClusterFolder: (folder, own) => writeServiceAccount(folder, connection(own)),
    addToken,
    expireToken: (own) => access.expire(own),
    newPods: (namespace, workload, fate) => controllers.setFate(namespace, workload, fate),
    setUsage: (namespace, pod, container, usage) =>
      void plane.usages.set(usageKey(namespace, pod, container), usage),
    install: (group) => void missing.delete(group),
    uninstall: (group) => void missing.add(group),
    advance: (seconds) => {
      clock.advance(seconds * 1000);
      controllers.step();
    },
    until: (of, namespace, name, wanted, withinMs) => objects.until(of, namespace, name, wanted, withinMs),
    stop: () => http.stop(),
    start: () => http.start(),
    close: async () => {
      controllers.stop();
      await http.stop();
    },
  };
}
