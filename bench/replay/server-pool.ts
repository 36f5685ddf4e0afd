import type { IndexedHeap } from './indexed-heap.ts';
import { ProcessorSharingServer } from './processor-sharing.ts';

/** What a service runs with: cores of one instance, and how many. */
export interface PoolShape {
  readonly cpu: number;
  readonly instances: number;
}

export type Balancing = 'round-robin' | 'least-loaded';

/** All instances of one service, and which of them the next visit goes to. */
export class ServerPool {
  readonly #service: number;
  readonly #parallelism: number;
  readonly #balancing: Balancing;
  readonly #completions: IndexedHeap;
  readonly #servers: ProcessorSharingServer[];
  #active: ProcessorSharingServer[] = [];
  #leaving: ProcessorSharingServer[] = [];
  #turn = 0;
  #shape: PoolShape = { cpu: 0, instances: 0 };
  #retiredCoreSeconds = 0;

  /** `servers` and `completions` are common to all pools: a server's number is its place in both. */
  constructor(
    service: number,
    parallelism: number,
    balancing: Balancing,
    completions: IndexedHeap,
    servers: ProcessorSharingServer[],
  ) {
    this.#service = service;
    this.#parallelism = parallelism;
    this.#balancing = balancing;
    this.#completions = completions;
    this.#servers = servers;
  }

  get shape(): PoolShape {
    return this.#shape;
  }

  /**
   * Changes to a new shape: instances that stay are resized in place with the visits that run on them, new ones
   * start empty, superfluous ones finish what they have with the cores they had and go.
   */
  reshape(shape: PoolShape, nowSeconds: number): void {
    const cores = Math.min(shape.cpu, this.#parallelism);
    this.#leaving.push(...this.#active.splice(shape.instances));
    for (const server of this.#active) {
      server.resize(cores, nowSeconds);
      this.#completions.set(server.source, server.nextFinishSeconds());
    }
    while (this.#active.length < shape.instances) this.#active.push(this.#launch(cores, nowSeconds));
    this.#shape = shape;
  }

  next(): ProcessorSharingServer {
    if (this.#balancing === 'least-loaded') return this.#leastLoaded();
    this.#turn = (this.#turn + 1) % this.#active.length;
    return this.#active[this.#turn]!;
  }

  /** Core-seconds burned by all instances so far. */
  usedCoreSeconds(nowSeconds: number): number {
    this.#retireEmpty(nowSeconds);
    let used = this.#retiredCoreSeconds;
    for (const server of [...this.#active, ...this.#leaving]) {
      server.settle(nowSeconds);
      used += server.usedCoreSeconds;
    }
    return used;
  }

  #launch(cores: number, nowSeconds: number): ProcessorSharingServer {
    const server = new ProcessorSharingServer(this.#completions.add(), this.#service, cores, nowSeconds);
    this.#servers.push(server);
    return server;
  }

  #leastLoaded(): ProcessorSharingServer {
    let best = this.#active[0]!;
    for (const server of this.#active) if (server.present < best.present) best = server;
    return best;
  }

  #retireEmpty(nowSeconds: number): void {
    for (const server of this.#leaving) {
      if (server.present > 0) continue;
      server.settle(nowSeconds);
      this.#retiredCoreSeconds += server.usedCoreSeconds;
    }
    this.#leaving = this.#leaving.filter((server) => server.present > 0);
  }
}
