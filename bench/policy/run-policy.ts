import { seededRandom } from '../../src/utils/random.ts';
import type { Application, Arrivals, Shape } from '../simulator/application.ts';
import type { SimulatedSystem, SimulationListener } from '../simulator/system.ts';
import { DelayedActuator } from './actuator.ts';
import type { Cell } from './cell.ts';
import { CellEvents, outagesOf } from './cell-events.ts';
import { MetricsPipeline } from './metrics-pipeline.ts';
import type { KnownApplication, Parameters, Policy, PolicyFactory } from './policy.ts';
import { type RecordedRun, type Totals, totalsOf } from './recorded-run.ts';
import { RequestLog } from './request-log.ts';
import { RunListener } from './run-listener.ts';
import { TIMING, type Timing } from './timing.ts';

/** What the simulator is built from. */
export interface SystemOptions {
  readonly application: Application;
  readonly arrivals: Arrivals;
  /** By service. */
  readonly initial: readonly Shape[];
  readonly seed: number;
  readonly startupSeconds: number;
  readonly listener: SimulationListener;
}

export interface RunOptions {
  /** Of the simulator and of the policy's own chance. */
  readonly seed: number;
  readonly buildSystem: (options: SystemOptions) => SimulatedSystem;
  /** The first part of the run, in which nothing is scored, s. */
  readonly tuneSeconds: number;
  /** `TIMING` by default. */
  readonly timing?: Timing;
}

const TOTALS_SECONDS = 60;

/**
 * Runs a policy on a cell from its first second to its last.
 *
 * @throws what the policy throws
 */
export async function runPolicy(
  cell: Cell,
  factory: Pick<PolicyFactory, 'name' | 'create'>,
  parameters: Parameters,
  options: RunOptions,
): Promise<RecordedRun> {
  const started = performance.now();
  const log = new RequestLog(cell.application.chains.length);
  const run = new Run(cell, factory, parameters, { timing: TIMING, ...options }, log);
  const totals = await run.toTheEnd();
  return { parameters, log, totals, wallSeconds: (performance.now() - started) / 1000 };
}

/** From where every policy starts: one instance of each service, as large as it may be. */
export function generousShapes({ services }: KnownApplication): Shape[] {
  return services.map(({ maxCpu, maxMemory, minInstances }) => ({
    cpu: maxCpu,
    memory: maxMemory,
    instances: Math.max(1, minInstances),
  }));
}

/** Goes from one thing that is due to the next; what is due at the same time happens in the order of `#happen`. */
class Run {
  readonly #cell: Cell;
  readonly #listener: RunListener;
  readonly #system: SimulatedSystem;
  readonly #pipeline: MetricsPipeline;
  readonly #actuator: DelayedActuator;
  readonly #events: CellEvents;
  readonly #policy: Policy;
  /** Ascending. */
  readonly #marks: number[];
  readonly #totals: Totals[] = [];
  #steps = 0;

  constructor(
    cell: Cell,
    factory: Pick<PolicyFactory, 'name' | 'create'>,
    parameters: Parameters,
    options: Required<RunOptions>,
    log: RequestLog,
  ) {
    const { seed, timing, tuneSeconds } = options;
    this.#cell = cell;
    this.#events = new CellEvents(cell.events);
    this.#marks = marksOf(cell, tuneSeconds);
    this.#listener = new RunListener(log);
    this.#system = options.buildSystem({
      application: cell.application,
      arrivals: cell.arrivals,
      initial: generousShapes(cell.known),
      seed,
      startupSeconds: timing.startup,
      listener: this.#listener,
    });
    this.#pipeline = new MetricsPipeline(this.#system, timing);
    this.#actuator = new DelayedActuator(factory.name, this.#system, cell.known, timing);
    const context = {
      application: cell.known,
      metrics: this.#pipeline,
      cgroup: (service: number) => this.#system.cgroup(service),
      actuator: this.#actuator,
      tuneSeconds,
      random: seededRandom(seed),
      subscribe: (subscriber: SimulationListener) => this.#listener.subscribe(subscriber),
    };
    this.#policy = factory.create(context, parameters);
  }

  async toTheEnd(): Promise<readonly Totals[]> {
    try {
      // The last mark is the end.
      while (this.#marks.length > 0) await this.#happen(this.#nextSeconds());
    } finally {
      await this.#policy.close?.();
    }
    return this.#totals;
  }

  #nextSeconds(): number {
    return Math.min(
      this.#nextStepSeconds(),
      this.#actuator.nextDueSeconds,
      this.#pipeline.nextScrapeSeconds,
      this.#events.nextSeconds,
      this.#marks[0] ?? Infinity,
    );
  }

  #nextStepSeconds(): number {
    return this.#steps * this.#policy.intervalSeconds;
  }

  async #happen(now: number): Promise<void> {
    this.#system.advanceTo(now);
    this.#events.happen(this.#system);
    this.#listener.isOut = this.#events.isOut;
    this.#actuator.applyDue();
    if (this.#pipeline.nextScrapeSeconds <= now) this.#pipeline.scrape(this.#events.isOut);
    if (this.#marks[0] === now) {
      this.#marks.shift();
      this.#totals.push(totalsOf(this.#system, this.#actuator));
    }
    if (this.#nextStepSeconds() > now || now >= this.#cell.durationSeconds) return;
    this.#steps++;
    await this.#policy.step(now);
    this.#actuator.applyDue();
  }
}

function marksOf({ durationSeconds, events }: Cell, tuneSeconds: number): number[] {
  const count = Math.ceil(durationSeconds / TOTALS_SECONDS);
  const minutes = Array.from({ length: count }, (_, i) => i * TOTALS_SECONDS);
  const outages = outagesOf(events, durationSeconds).flatMap(({ fromSeconds, toSeconds }) => [
    fromSeconds,
    toSeconds,
  ]);
  return [...new Set([...minutes, ...outages, tuneSeconds, durationSeconds])].sort((a, b) => a - b);
}
