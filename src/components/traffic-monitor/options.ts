import type { Topology } from '../../models/data-models.ts';
import type { Clock } from '../../models/ports.ts';

export interface TrafficMonitorOptions {
  /**
   * Width of the finest counting slot, s. Default 1. Rounded so that whole slots make up the slots of latency
   * sketches (10 s by default); never under 0.1.
   */
  readonly samplingInterval?: number;
  /** How far back metrics reach and records may lie, s. Default 3600. */
  readonly windowSize?: number;
  /** Length of a step of `chainSeries`, s. Default windowSize / 60. */
  readonly step?: number;
  /** The services and chains that are known. Default none. */
  readonly topology?: Topology;
  /**
   * What a record of an unknown service or chain, or of a chain that the service does not list, meets. Default `learn`
   * without a topology (its series is made), else `reject`.
   */
  readonly unknown?: 'reject' | 'learn';
  /**
   * Most series (chain at a service, chain end to end) that are kept at all. Those of the topology always have room;
   * what is learned shares the rest. Default 20,000.
   */
  readonly maxSeries?: number;
  /**
   * Whether a source tells of a service's chains (undefined: of the chains end to end) in steps. Such series take no
   * records, and what the source did not tell of them is a gap. Default: none is fed.
   */
  readonly isFed?: ((service: string | undefined) => boolean) | undefined;
  /** How far ahead of the clock a timestamp may lie, s; it then counts as now. Default 5. */
  readonly futureTolerance?: number;
  /** Most memory for the latency sketches of all series, bytes. Default 768 MiB. */
  readonly maxSketchBytes?: number;
  /** Default: `Date.now`. */
  readonly clock?: Pick<Clock, 'nowSeconds'>;
}

export interface ResolvedOptions {
  readonly samplingInterval: number;
  readonly windowSize: number;
  readonly step: number;
  readonly topology: Topology | undefined;
  readonly unknown: 'reject' | 'learn';
  readonly maxSeries: number;
  readonly isFed: (service: string | undefined) => boolean;
  readonly futureTolerance: number;
  readonly maxSketchBytes: number;
  readonly clock: Pick<Clock, 'nowSeconds'>;
}

/** Fills the defaults in. Throws a RangeError that names the option when a value cannot be used. */
export function resolveOptions(options: TrafficMonitorOptions): ResolvedOptions {
  const windowSize = options.windowSize ?? 3600;
  const resolved = {
    samplingInterval: options.samplingInterval ?? 1,
    windowSize,
    step: options.step ?? windowSize / 60,
    topology: options.topology,
    unknown: options.unknown ?? defaultUnknown(options.topology),
    maxSeries: options.maxSeries ?? 20_000,
    isFed: options.isFed ?? (() => false),
    futureTolerance: options.futureTolerance ?? 5,
    maxSketchBytes: options.maxSketchBytes ?? 768 * 2 ** 20,
    clock: options.clock ?? { nowSeconds: () => Date.now() / 1000 },
  };
  for (const name of ['samplingInterval', 'windowSize', 'step'] as const) {
    if (!(resolved[name] > 0 && Number.isFinite(resolved[name]))) fail(name, resolved[name], 'a number > 0');
  }
  for (const name of ['maxSeries', 'futureTolerance', 'maxSketchBytes'] as const) {
    if (!(resolved[name] >= 0)) fail(name, resolved[name], 'a number >= 0');
  }
  if (resolved.step > windowSize) fail('step', resolved.step, `at most windowSize (${windowSize})`);
  return resolved;
}

export function defaultUnknown(topology: Topology | undefined): 'reject' | 'learn' {
  return topology === undefined ? 'learn' : 'reject';
}

function fail(name: string, found: unknown, allowed: string): never {
  throw new RangeError(`${name}: found ${String(found)}, allowed: ${allowed}`);
}
