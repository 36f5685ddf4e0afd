import { PoissonArrivals, type RateTrace } from './arrivals.ts';
import { type ChainScore, LatencyWindows, WINDOW_SECONDS } from './latency-windows.ts';
import { QueueSimulator, type SimulationListener } from './queue-simulator.ts';
import { randomStreams } from './random-variates.ts';
import type { PoolShape } from './server-pool.ts';
import type { SimulatedSystem } from './shipped-system.ts';
import { sum } from './statistics.ts';

/** One minute of a run. */
export interface MinutePoint {
  readonly minute: number;
  readonly requestsPerSecond: number;
  /** Cores in force on average, by service. */
  readonly cores: readonly number[];
  /** Core-seconds burned / core-seconds in force. */
  readonly utilization: number;
}

export interface RunScores {
  readonly chains: readonly ChainScore[];
  /** ∫ cpu × instances in force, all services. */
  readonly coreHours: number;
  readonly utilization: number;
  readonly minutes: readonly MinutePoint[];
}

export interface ScoredRunOptions {
  readonly system: SimulatedSystem;
  readonly trace: RateTrace;
  readonly shapes: readonly PoolShape[];
  readonly seed: number;
  /** Is told everything too. */
  readonly listener?: SimulationListener;
}

/** A simulation and what it is judged by. */
export class ScoredRun implements SimulationListener {
  readonly windows: readonly LatencyWindows[];
  readonly #simulator: QueueSimulator;
  readonly #listener: SimulationListener | undefined;
  readonly #minutes: MinutePoint[] = [];
  readonly #coreSeconds: number[];
  #minute: { startSeconds: number; answered: number; coreSeconds: readonly number[]; used: number };
  #answered = 0;

  constructor({ system, trace, shapes, seed, listener }: ScoredRunOptions) {
    const [arrivals, random] = randomStreams(seed, 2);
    this.windows = system.chains.map(({ id }, chain) => new LatencyWindows(id, system.slosSeconds[chain]!));
    this.#coreSeconds = shapes.map(() => 0);
    this.#minute = { startSeconds: 0, answered: 0, coreSeconds: [...this.#coreSeconds], used: 0 };
    this.#listener = listener;
    this.#simulator = new QueueSimulator({
      ...system,
      shapes,
      arrivals: new PoissonArrivals(trace, arrivals!),
      random: random!,
      balancing: 'round-robin',
      listener: this,
    });
  }

  get nowSeconds(): number {
    return this.#simulator.nowSeconds;
  }

  get visits(): number {
    return this.#simulator.visits;
  }

  /** The minutes that are over. */
  get minutes(): readonly MinutePoint[] {
    return this.#minutes;
  }

  shape(service: number): PoolShape {
    return this.#simulator.shape(service);
  }

  setDemandFactor(service: number, factor: number, atSeconds: number): void {
    this.#simulator.setDemandFactor(service, factor, atSeconds);
  }

  /** From now on the service runs in this shape. */
  reshape(service: number, shape: PoolShape): void {
    this.#simulator.setShape(service, shape, this.nowSeconds);
    this.#simulator.advanceTo(this.nowSeconds);
  }

  advanceTo(seconds: number): void {
    while (this.nowSeconds < seconds) {
      const minuteEnd = this.#minute.startSeconds + WINDOW_SECONDS;
      const until = Math.min(seconds, minuteEnd);
      const elapsed = until - this.nowSeconds;
      for (const service of this.#coreSeconds.keys()) {
        const { cpu, instances } = this.shape(service);
        this.#coreSeconds[service]! += elapsed * cpu * instances;
      }
      this.#simulator.advanceTo(until);
      if (until === minuteEnd) this.#closeMinute();
    }
  }

  onVisit(
    service: number,
    chain: number,
    responseSeconds: number,
    completedSeconds: number,
    cpuSeconds: number,
    failed: boolean,
  ): void {
    this.#listener?.onVisit(service, chain, responseSeconds, completedSeconds, cpuSeconds, failed);
  }

  onRequest(chain: number, responseSeconds: number, completedSeconds: number, failed: boolean): void {
    this.#answered++;
    this.windows[chain]!.add(responseSeconds, completedSeconds, failed);
    this.#listener?.onRequest(chain, responseSeconds, completedSeconds, failed);
  }

  scores(): RunScores {
    for (const windows of this.windows) windows.closeUntil(this.nowSeconds);
    const coreSeconds = sum(this.#coreSeconds);
    return {
      chains: this.windows.map((windows) => windows.score()),
      coreHours: coreSeconds / 3600,
      utilization: this.#usedCoreSeconds() / coreSeconds,
      minutes: this.#minutes,
    };
  }

  #closeMinute(): void {
    const { startSeconds, answered, coreSeconds, used } = this.#minute;
    const cores = this.#coreSeconds.map((total, service) => (total - coreSeconds[service]!) / WINDOW_SECONDS);
    const usedNow = this.#usedCoreSeconds();
    this.#minutes.push({
      minute: startSeconds / WINDOW_SECONDS,
      requestsPerSecond: (this.#answered - answered) / WINDOW_SECONDS,
      cores,
      utilization: (usedNow - used) / (sum(cores) * WINDOW_SECONDS),
    });
    this.#minute = {
      startSeconds: startSeconds + WINDOW_SECONDS,
      answered: this.#answered,
      coreSeconds: [...this.#coreSeconds],
      used: usedNow,
    };
  }

  #usedCoreSeconds(): number {
    return sum(this.#coreSeconds.map((_, service) => this.#simulator.usedCoreSeconds(service)));
  }
}
