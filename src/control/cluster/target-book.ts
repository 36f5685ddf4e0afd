import type { TargetReading } from '../../models/changes.ts';

/** More memory after a kill for it: the larger of the two (as the vertical pod autoscaler does), a share and MiB. */
const OOM_RATIO = 1.2;
const OOM_MEBIBYTES = 100;
/** After this long without another kill the measured working set alone decides again, s. */
const OOM_REMEMBERED_SECONDS = 24 * 3600;

type Running = Extract<TargetReading, { kind: 'running' }>;

/** Memory that one instance is to have at least, because it was killed with less. */
export interface OomFloor {
  readonly memory: number;
  readonly killedSeconds: number;
}

/** What of it survives a restart: instances that were killed are gone by then, and so is the version that was learned from. */
export interface StoredTargets {
  readonly versions: Readonly<Record<string, string>>;
  readonly oomFloors: Readonly<Record<string, OomFloor>>;
}

/** Throws on text that is none. It is our own: what it looks like is checked, not its every field. */
export function parseStoredTargets(text: string): StoredTargets {
  const value: unknown = JSON.parse(text);
  if (isStored(value)) return value;
  throw new Error('what is stored of the targets cannot be read');
}

function isStored(value: unknown): value is StoredTargets {
  return typeof value === 'object' && value !== null && 'versions' in value && 'oomFloors' in value;
}

/** What the cluster said last of each service. */
export class TargetBook {
  readonly #readings = new Map<string, TargetReading>();
  readonly #versions = new Map<string, string>();
  readonly #oomFloors = new Map<string, OomFloor>();
  #dirty = false;

  restore({ versions, oomFloors }: StoredTargets): void {
    for (const [service, version] of Object.entries(versions)) this.#versions.set(service, version);
    for (const [service, floor] of Object.entries(oomFloors)) this.#oomFloors.set(service, floor);
  }

  /** What is to be stored, if it has changed since it was last asked for. */
  drain(): StoredTargets | undefined {
    if (!this.#dirty) return undefined;
    this.#dirty = false;
    const versions = Object.fromEntries(this.#versions);
    return { versions, oomFloors: Object.fromEntries(this.#oomFloors) };
  }

  /** Answers whether other code or settings run than what was learned from. */
  note(service: string, reading: TargetReading): 'new-version' | 'as-before' {
    this.#readings.set(service, reading);
    if (reading.kind !== 'running') return 'as-before';
    this.#noteOom(service, reading);
    const known = this.#versions.get(service);
    if (known === reading.version) return 'as-before';
    this.#versions.set(service, reading.version);
    this.#dirty = true;
    return known === undefined ? 'as-before' : 'new-version';
  }

  /** A service that the cluster no longer has. */
  forget(service: string): void {
    this.#readings.delete(service);
  }

  reading(service: string): TargetReading | undefined {
    return this.#readings.get(service);
  }

  get services(): readonly string[] {
    return [...this.#readings.keys()];
  }

  /** MiB of one instance; undefined when none was killed for its memory lately. */
  oomFloor(service: string, nowSeconds: number): number | undefined {
    const floor = this.#oomFloors.get(service);
    if (floor === undefined || nowSeconds - floor.killedSeconds > OOM_REMEMBERED_SECONDS) return undefined;
    return floor.memory;
  }

  #noteOom(service: string, { oomKilledSeconds, state: { requests, limits } }: Running): void {
    const had = requests.memory ?? limits.memory;
    const known = this.#oomFloors.get(service);
    if (oomKilledSeconds === undefined || had === undefined) return;
    if (known !== undefined && oomKilledSeconds <= known.killedSeconds) return;
    const wanted = Math.ceil(Math.max(had * OOM_RATIO, had + OOM_MEBIBYTES));
    this.#oomFloors.set(service, {
      memory: Math.max(known?.memory ?? 0, wanted),
      killedSeconds: oomKilledSeconds,
    });
    this.#dirty = true;
  }
}
