import type { ControlPlane } from './control-plane.ts';
import { clone, type JsonObject, type KubeObject } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { asKubeObject, createObject, replaceObject, type WriteOptions } from './writes.ts';

/** Objects without HTTP, for a test's hands: validated and defaulted like any other write. */
export class Objects {
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  get(of: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.#plane.storage.get(of, namespace, name);
  }

  /** The object, which must be there. */
  must(of: ResourceType, namespace: string, name: string): KubeObject {
    const found = this.get(of, namespace, name);
    if (found === undefined) throw new Error(`no ${of.plural} "${name}" in namespace "${namespace}"`);
    return found;
  }

  list(of: ResourceType, namespace?: string): KubeObject[] {
    return this.#plane.storage.list(of, namespace);
  }

  create(of: ResourceType, body: JsonObject, manager = 'test'): KubeObject {
    const metadata = asKubeObject(body).metadata;
    const namespace = of.namespaced ? (metadata.namespace ?? 'default') : undefined;
    return createObject(this.#plane, of, namespace, body, writeOptions(manager, ''));
  }

  /** Changes the object by hand, as `kubectl edit` would, under a manager's name; `status` writes the status alone. */
  change(
    of: ResourceType,
    namespace: string,
    name: string,
    edit: (object: KubeObject) => void,
    manager = 'test',
    subresource = '',
  ): KubeObject {
    const before = this.must(of, namespace, name);
    const after = clone(before);
    edit(after);
    return replaceObject(this.#plane, of, before, after, writeOptions(manager, subresource));
  }

  remove(of: ResourceType, namespace: string, name: string): void {
    this.#plane.storage.remove(of, namespace, name);
  }

  /** Resolves as soon as the object is as wanted; rejects after `withinMs`. */
  until(
    of: ResourceType,
    namespace: string,
    name: string,
    wanted: (object: KubeObject) => boolean,
    withinMs = 5000,
  ): Promise<KubeObject> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.get(of, namespace, name);
        if (found === undefined || !wanted(found)) return;
        finish();
        resolve(found);
      };
      const finish = (): void => {
        forget();
        clearTimeout(timer);
      };
      const forget = this.#plane.storage.onChange(look);
      const timer = setTimeout(() => {
        finish();
        const last = JSON.stringify(this.get(of, namespace, name)?.['status']);
        reject(new Error(`${of.plural} "${name}" was not as wanted within ${withinMs} ms; status: ${last}`));
      }, withinMs);
      look();
    });
  }
}

export const writeOptions = (manager: string, subresource: string): WriteOptions => ({
  manager,
  operation: 'Update',
  subresource,
  dryRun: false,
  validation: 'Strict',
  warn: () => undefined,
  unreadable: 'bad-request',
});
