import { randomUUID } from 'node:crypto';
import { clone, type JsonObject, type KubeObject } from './json.ts';
import { type ResourceType, resourceName } from './resource-types.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  readonly type: ChangeType;
  readonly of: ResourceType;
  readonly object: KubeObject;
  /** What the object was before, absent where it is new: a watch with a selector needs it. */
  readonly before?: KubeObject;
  readonly version: number;
}

/** Frozen objects by type, namespace and name, with one growing version, as etcd gives it. */
export class Storage {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #now: () => Date;
  #changes: Change[] = [];
  #version = 1000;
  /** Changes up to this version are compacted away. */
  #compacted = 1000;

  constructor(now: () => Date) {
    this.#now = now;
  }

  get version(): number {
    return this.#version;
  }

  get compacted(): number {
    return this.#compacted;
  }

  get(of: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.#table(of).get(keyOf(namespace, name));
  }

  /** In the order of namespace and name; all namespaces when none is given. */
  list(of: ResourceType, namespace?: string): KubeObject[] {
    return [...this.#table(of).entries()]
      .filter(([key]) => namespace === undefined || key.startsWith(`${namespace}/`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Stores a new object with its uid, creation time and version filled in. */
  create(of: ResourceType, object: KubeObject): KubeObject {
    const stored = this.#versioned(object);
    this.#table(of).set(keyOf(stored.metadata.namespace, stored.metadata.name), stored);
    this.#tell({ type: 'ADDED', of, object: stored, version: this.#version });
    return stored;
  }

  update(of: ResourceType, object: KubeObject): KubeObject {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const before = this.#table(of).get(key);
    const stored = this.#versioned(object);
    this.#table(of).set(key, stored);
    this.#tell({
      type: 'MODIFIED',
      of,
      object: stored,
      ...(before === undefined ? {} : { before }),
      version: this.#version,
    });
    return stored;
  }

  remove(of: ResourceType, namespace: string, name: string): KubeObject | undefined {
    const key = keyOf(namespace, name);
    const before = this.#table(of).get(key);
    if (before === undefined) return undefined;
    this.#table(of).delete(key);
    const object = this.#versioned(before);
    this.#tell({ type: 'DELETED', of, object, before, version: this.#version });
    return object;
  }

  /** The metadata that the server itself gives to a new object. */
  stamp(metadata: JsonObject): void {
    metadata['uid'] = randomUUID();
    metadata['creationTimestamp'] = this.timestamp();
  }

  timestamp(): string {
    return secondsOf(this.#now());
  }

  /** Changes of one type after a version, oldest first. */
  changesSince(of: ResourceType, version: number): Change[] {
    return this.#changes.filter(
      (change) => resourceName(change.of) === resourceName(of) && change.version > version,
    );
  }

  /** Forgets all changes so far: a watch from before is answered 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#changes = [];
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A frozen copy under the next version: what is stored is never changed in place. */
  #versioned(object: KubeObject): KubeObject {
    this.#version += 1;
    const stored = clone(object);
    stored.metadata.resourceVersion = String(this.#version);
    return frozen(stored);
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    for (const listener of [...this.#listeners]) listener(change);
  }

  #table(of: ResourceType): Map<string, KubeObject> {
    const name = resourceName(of);
    const table = this.#objects.get(name) ?? new Map<string, KubeObject>();
    this.#objects.set(name, table);
    return table;
  }
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export const secondsOf = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
