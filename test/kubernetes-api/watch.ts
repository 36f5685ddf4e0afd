import type { ServerResponse } from 'node:http';
import type { ControlPlane } from './control-plane.ts';
import type { JsonObject, KubeObject } from './json.ts';
import { apiVersionOf, type ResourceType, resourceName } from './resource-types.ts';
import type { Predicate } from './selectors.ts';
import { expired } from './status.ts';
import type { Change } from './storage.ts';

export interface WatchRequest {
  readonly of: ResourceType;
  readonly namespace: string | undefined;
  readonly selects: Predicate;
  readonly resourceVersion: string;
  readonly bookmarks: boolean;
  /** The server ends the watch after this many seconds. */
  readonly timeoutSeconds: number;
}

/** All watches under way. */
export class Watches {
  readonly #open = new Set<Watch>();
  readonly #plane: ControlPlane;
  readonly #bookmarkMs: number;

  constructor(plane: ControlPlane, bookmarkMs: number) {
    this.#plane = plane;
    this.#bookmarkMs = bookmarkMs;
  }

  get size(): number {
    return this.#open.size;
  }

  start(request: WatchRequest, response: ServerResponse): void {
    const watch = new Watch(this.#plane, request, response, this.#bookmarkMs);
    this.#open.add(watch);
    response.on('close', () => {
      watch.stop();
      this.#open.delete(watch);
    });
    watch.start();
  }

  /** Every watch under way goes dead: no byte comes any more, and the connection stays open. */
  silence(): void {
    for (const watch of this.#open) watch.stop();
  }

  /** Ends every watch in good order, as a server does that has had enough of it. */
  end(): void {
    for (const watch of this.#open) watch.end();
  }

  /** Breaks the connection of every watch. */
  cut(): void {
    for (const watch of this.#open) watch.cut();
  }

  /** Tells every watch that its version is gone: an ERROR event with a 410 Status, then the end. */
  expire(): void {
    this.#plane.storage.compact();
    for (const watch of this.#open) watch.expire();
  }
}

class Watch {
  readonly #plane: ControlPlane;
  readonly #request: WatchRequest;
  readonly #response: ServerResponse;
  readonly #bookmarkMs: number;
  readonly #stops: Array<() => void> = [];

  constructor(plane: ControlPlane, request: WatchRequest, response: ServerResponse, bookmarkMs: number) {
    this.#plane = plane;
    this.#request = request;
    this.#response = response;
    this.#bookmarkMs = bookmarkMs;
  }

  start(): void {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    if (!this.#catchUp()) {
      this.expire();
      return;
    }
    this.#stops.push(this.#plane.storage.onChange((change) => this.#tell(change)));
    this.#after(this.#request.timeoutSeconds * 1000, () => this.end());
    if (this.#request.bookmarks) this.#every(this.#bookmarkMs, () => this.#bookmark());
  }

  /** Tells what is there, or what changed since the version asked for; false where that is forgotten. */
  #catchUp(): boolean {
    const { storage } = this.#plane;
    const { of, namespace, resourceVersion } = this.#request;
    if (resourceVersion === '' || resourceVersion === '0')
      for (const object of storage.list(of, namespace)) this.#tell({ type: 'ADDED', of, object, version: 0 });
    else if (Number(resourceVersion) < storage.compacted) return false;
    else for (const change of storage.changesSince(of, Number(resourceVersion))) this.#tell(change);
    return true;
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  end(): void {
    if (this.#request.bookmarks && this.#stops.length > 0) this.#bookmark();
    this.stop();
    this.#response.end();
  }

  cut(): void {
    this.stop();
    this.#response.destroy();
  }

  expire(): void {
    const { resourceVersion } = this.#request;
    const { compacted } = this.#plane.storage;
    this.#write('ERROR', expired(`too old resource version: ${resourceVersion || 0} (${compacted})`).status);
    this.stop();
    this.#response.end();
  }

  /** An object that enters or leaves the selection is told as added or deleted. */
  #tell(change: Change): void {
    const { of, namespace, selects } = this.#request;
    if (resourceName(change.of) !== resourceName(of)) return;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const now = change.type !== 'DELETED' && selects(change.object);
    const was = change.type === 'DELETED' ? selects(change.object) : wasSelected(change, selects);
    if (now) this.#write(was ? 'MODIFIED' : 'ADDED', change.object);
    else if (was) this.#write('DELETED', change.object);
  }

  #bookmark(): void {
    const { of } = this.#request;
    this.#write('BOOKMARK', {
      kind: of.kind,
      apiVersion: apiVersionOf(of),
      metadata: { resourceVersion: String(this.#plane.storage.version), creationTimestamp: null },
    });
  }

  #write(type: string, object: JsonObject | KubeObject): void {
    if (this.#response.writableEnded) return;
    this.#response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(act, ms);
    this.#stops.push(() => clearTimeout(timer));
  }

  #every(ms: number, act: () => void): void {
    const timer = setInterval(act, ms);
    this.#stops.push(() => clearInterval(timer));
  }
}

const wasSelected = (change: Change, selects: Predicate): boolean =>
  change.before !== undefined && selects(change.before);
