import { seededRandom } from '../../src/utils/random.ts';
import type { Application, Arrivals, Shape } from '../simulator/application.ts';
import type { SimulatedSystem, SimulationListener } from '../simulator/system.ts';
import { DelayedActuator } from './actuator.ts';
import { MetricsPipeline } from './metrics-pipeline.ts';
import type { KnownApplication, Parameters, Policy, PolicyFactory } from './policy.ts';
import { type RecordedRun, type Totals, totalsOf } from './recorded-run.ts';
import { RequestLog } from './request-log.ts';
import { TIMING } from './timing.ts';

/** Something that happens to the system, whatever the policy does. */
export interface CellEvent {
  readonly atSeconds: number;
  apply(system: SimulatedSystem): void;
}

/** What one policy is run on. */
export interface RunnableCell {
  readonly application: Application;
  readonly known: KnownApplication;
  readonly arrivals: Arrivals;
  /** In the order of their times. */
  readonly events: readonly CellEvent[];
  /** Whether the metrics pipeline is out at that time. */
  isOut(seconds: number): boolean;
  readonly durationSeconds: number;
  readonly seed: number;
}

/** What the runner needs to build a system; the simulator's own options are these. */
export interface SystemOptions {
  readonly application: Application;
  readonly arrivals: Arrivals;
  readonly initial: readonly Shape[];
  readonly seed: number;
  readonly startupSeconds: number;
  readonly listener: SimulationListener;
}

export type BuildSystem = (options: SystemOptions) => SimulatedSystem;

const TOTALS_SECONDS = 60;

/**
 * Runs a policy on a cell from its first second to its last. Totals are taken every minute, at `marks` and at the end.
 *
 * @throws what the policy throws
 */
export async function runPolicy(
  cell: RunnableCell,
  factory: Pick<PolicyFactory, 'name' | 'create'>,
  parameters: Parameters,
  buildSystem: BuildSystem,
  marks: readonly number[] = [],
): Promise<RecordedRun> {
  const started = performance.now();
  const log = new RequestLog(cell.application.chains.length);
  const system = buildSystem({
    application: cell.application,
    arrivals: cell.arrivals,
    initial: generousShapes(cell.known),
    seed: cell.seed,
    startupSeconds: TIMING.startup,
    listener: log,
  });
  const run = new Run(cell, factory, parameters, system, marks);
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
  readonly #cell: RunnableCell;
  readonly #system: SimulatedSystem;
  readonly #pipeline: MetricsPipeline;
  readonly #actuator: DelayedActuator;
  readonly #policy: Policy;
  readonly #totals: Totals[] = [];
  /** Ascending. */
  readonly #marks: number[];
  #events = 0;
  #steps = 0;

  constructor(
    cell: RunnableCell,
    factory: Pick<PolicyFactory, 'name' | 'create'>,
    parameters: Parameters,
    system: SimulatedSystem,
    marks: readonly number[],
  ) {
    this.#cell = cell;
    this.#system = system;
    this.#pipeline = new MetricsPipeline(system);
    this.#actuator = new DelayedActuator(factory.name, system, cell.known);
    this.#marks = allMarks(cell.durationSeconds, marks);
    this.#policy = factory.create(
      {
        application: cell.known,
        metrics: this.#pipeline,
        cgroup: (service) => system.cgroup(service),
        actuator: this.#actuator,
        random: seededRandom(cell.seed),
      },
      parameters,
    );
  }

  async toTheEnd(): Promise<readonly Totals[]> {
    try {
      for (let now = 0; now <= this.#cell.durationSeconds; now = this.#nextSeconds()) await this.#happen(now);
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
      this.#cell.events[this.#events]?.atSeconds ?? Infinity,
      this.#marks[0] ?? Infinity,
    );
  }

  #nextStepSeconds(): number {
    return this.#steps * this.#policy.intervalSeconds;
  }

  async #happen(now: number): Promise<void> {
    this.#system.advanceTo(now);
    while ((this.#cell.events[this.#events]?.atSeconds ?? Infinity) <= now) {
      this.#cell.events[this.#events++]!.apply(this.#system);
    }
    this.#actuator.applyDue();
    if (this.#pipeline.nextScrapeSeconds <= now) this.#pipeline.scrape(this.#cell.isOut(now));
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

function allMarks(durationSeconds: number, marks: readonly number[]): number[] {
  const minutes = Array.from(
    { length: Math.ceil(durationSeconds / TOTALS_SECONDS) },
    (_, i) => i * TOTALS_SECONDS,
  );
  return [...new Set([...minutes, ...marks, durationSeconds])].sort((a, b) => a - b);
}
