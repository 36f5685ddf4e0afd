/**
 * The simulation and a running daemon as one loop: what happens in the queues is told to the daemon, and what the
 * daemon recommends becomes the capacity of the queues. Simulated time follows the daemon's clock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResourceAllocation } from '../../src/models/data-models.ts';
import { type RateTrace, traceSeconds } from './arrivals.ts';
import type { Advice, DaemonClient, ServiceAdvice } from './daemon-client.ts';
import type { DaemonClock } from './daemon-clock.ts';
import { Delivery, type DeliveryReport } from './delivery.ts';
import { RecordBatch } from './record-batch.ts';
import { ScoredRun } from './scored-run.ts';
import type { PoolShape } from './server-pool.ts';
import type { SimulatedSystem } from './shipped-system.ts';
import { mean } from './statistics.ts';

export interface ClosedLoopOptions {
  readonly client: DaemonClient;
  readonly clock: DaemonClock;
  readonly system: SimulatedSystem;
  readonly trace: RateTrace;
  readonly seed: number;
  /** What every service starts with. */
  readonly initial: ResourceAllocation;
  /** Simulated time between a recommendation and its taking effect, s. */
  readonly applyDelaySeconds: number;
  /** Whether visits tell their CPU, or latency alone. */
  readonly withCpu: boolean;
  /** Simulated time between two batches, s; default 5. */
  readonly sliceSeconds?: number;
  readonly signal: AbortSignal;
  readonly observer?: LoopObserver;
}

export interface CapacityChange {
  /** When it took effect, simulated s. */
  readonly atSeconds: number;
  readonly from: PoolShape;
  readonly to: ServiceAdvice;
}

/** Sees the loop at work. Times are simulated, s. */
export interface LoopObserver {
  onStart?(run: ScoredRun): void;
  onDecision?(nowSeconds: number, advice: Advice): void;
  onApplied?(nowSeconds: number, service: ServiceAdvice): void;
  onSlice?(run: ScoredRun): void;
}

export interface LoopResult {
  readonly run: ScoredRun;
  readonly delivery: DeliveryReport;
  readonly decisions: number;
  /** Recommendations that took effect, in order. */
  readonly changes: readonly CapacityChange[];
  readonly wallSeconds: number;
  /** Simulated seconds per second of wall time that were reached. */
  readonly achievedSpeed: number;
  /** How far the simulation was behind the daemon's clock, simulated s, when a batch was sent. */
  readonly meanLagSeconds: number;
  readonly highestLagSeconds: number;
  /** The longest that one slice of the simulation took, wall ms. */
  readonly slowestSliceMs: number;
}

const SLICE_SECONDS = 5;

/** When the simulation has fallen behind, a slice grows at most by this factor. */
const LARGEST_GROWTH = 3;

interface Ordered {
  readonly service: number;
  readonly advice: ServiceAdvice;
  readonly dueSeconds: number;
}

export async function runClosedLoop(options: ClosedLoopOptions): Promise<LoopResult> {
  const loop = new ClosedLoop(options);
  return loop.run();
}

class ClosedLoop {
  readonly #options: ClosedLoopOptions;
  readonly #originSeconds: number;
  readonly #batch: RecordBatch;
  readonly #delivery: Delivery;
  readonly #run: ScoredRun;
  readonly #lags: number[] = [];
  #ordered: Ordered[] = [];
  #latest: Advice = { decisionId: '', services: [] };
  #slowestSliceMs = 0;
  #decisions = 0;
  readonly #changes: CapacityChange[] = [];

  constructor(options: ClosedLoopOptions) {
    const { system, trace, seed, initial, withCpu, clock, client } = options;
    this.#options = options;
    this.#originSeconds = clock.nowSeconds();
    this.#batch = new RecordBatch({ system, originSeconds: this.#originSeconds, withCpu });
    this.#delivery = new Delivery(client);
    const shapes = system.services.map(() => initial);
    this.#run = new ScoredRun({ system, trace, seed, shapes, listener: this.#batch });
  }

  async run(): Promise<LoopResult> {
    const { system, initial, client, trace, signal, observer } = this.#options;
    const startedMs = performance.now();
    const end = traceSeconds(trace);
    for (const { id } of system.services) await client.postApplied(id, initial);
    observer?.onStart?.(this.#run);
    while (this.#run.nowSeconds < end && !signal.aborted) {
      const sliceEnd = await this.#nextSliceEnd(end);
      const sliceStartedMs = performance.now();
      await this.#simulateTo(sliceEnd);
      this.#slowestSliceMs = Math.max(this.#slowestSliceMs, performance.now() - sliceStartedMs);
      await this.#report();
      await this.#listen();
      observer?.onSlice?.(this.#run);
    }
    await this.#delivery.finish();
    return this.#result((performance.now() - startedMs) / 1000);
  }

  /** Waits until the daemon's clock has passed another slice; when it has passed more, the slice is longer. */
  async #nextSliceEnd(endSeconds: number): Promise<number> {
    const { clock } = this.#options;
    const from = this.#run.nowSeconds;
    await clock.refresh();
    const slice = this.#options.sliceSeconds ?? SLICE_SECONDS;
    const missing = from + slice - this.#elapsedSeconds();
    if (missing > 0) {
      await sleep((missing / clock.speed) * 1000);
      await clock.refresh();
    }
    return Math.min(endSeconds, from + LARGEST_GROWTH * slice, this.#elapsedSeconds());
  }

  async #simulateTo(seconds: number): Promise<void> {
    const due = this.#ordered.filter(({ dueSeconds }) => dueSeconds <= seconds);
    this.#ordered = this.#ordered.filter(({ dueSeconds }) => dueSeconds > seconds);
    for (const { service, advice, dueSeconds } of due) {
      this.#run.advanceTo(Math.max(dueSeconds, this.#run.nowSeconds));
      this.#changes.push({ atSeconds: this.#run.nowSeconds, from: this.#run.shape(service), to: advice });
      this.#run.reshape(service, advice);
      await this.#options.client.postApplied(advice.id, advice);
      this.#options.observer?.onApplied?.(this.#run.nowSeconds, advice);
    }
    this.#run.advanceTo(seconds);
  }

  async #report(): Promise<void> {
    this.#lags.push(this.#elapsedSeconds() - this.#run.nowSeconds);
    await this.#delivery.send(this.#batch.take());
  }

  /** Orders what the daemon recommends anew. */
  async #listen(): Promise<void> {
    const advice = await this.#options.client.advice();
    if (advice.decisionId === this.#latest.decisionId) return;
    this.#decisions++;
    for (const [service, { id }] of this.#options.system.services.entries()) {
      const wanted = advice.services.find((candidate) => candidate.id === id);
      if (wanted !== undefined && this.#differs(service, wanted)) this.#order(service, wanted);
    }
    this.#latest = advice;
    this.#options.observer?.onDecision?.(this.#run.nowSeconds, advice);
  }

  #differs(service: number, wanted: ServiceAdvice): boolean {
    const coming = this.#ordered.findLast((order) => order.service === service)?.advice;
    const { cpu, instances } = coming ?? this.#run.shape(service);
    return wanted.cpu !== cpu || wanted.instances !== instances;
  }

  #order(service: number, advice: ServiceAdvice): void {
    const dueSeconds = this.#run.nowSeconds + this.#options.applyDelaySeconds;
    this.#ordered.push({ service, advice, dueSeconds });
  }

  /** Simulated time as the daemon's clock has it. */
  #elapsedSeconds(): number {
    return this.#options.clock.nowSeconds() - this.#originSeconds;
  }

  #result(wallSeconds: number): LoopResult {
    return {
      run: this.#run,
      delivery: this.#delivery.report(),
      decisions: this.#decisions,
      changes: this.#changes,
      wallSeconds,
      achievedSpeed: this.#run.nowSeconds / wallSeconds,
      meanLagSeconds: mean(this.#lags),
      highestLagSeconds: Math.max(...this.#lags),
      slowestSliceMs: this.#slowestSliceMs,
    };
  }
}
