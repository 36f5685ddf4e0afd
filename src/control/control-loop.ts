import type { PassStatistics } from '../models/daemon.ts';
import type { Decision, PassTrigger } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import { reasonForEarlyPass } from './early-pass.ts';
import { SPAN_SECONDS } from './in-place/span-rates.ts';
import { anyInPlace } from './in-place/steering.ts';
import { learn, learnAgain } from './learn.ts';
import { lateness } from './observe/lateness.ts';
import { optimizeOnce } from './optimize-once.ts';
import type { ControlParts } from './parts.ts';
import type { Recorder } from './recorder.ts';
import type { TrainingSchedule } from './training.ts';

/** Time between two looks at burn rates, load and closed windows, s: as long as the spans that rates are known in. */
const TICK_SECONDS = SPAN_SECONDS;
/** A pass that is due so soon after a tick is made with it; what fell due during a tick comes so soon after it, s. */
const SOON_SECONDS = 0.5;

/** Owns the ticker and liveness only: when a pass runs, never what it does. */
export class ControlLoop {
  readonly #parts: ControlParts;
  readonly #recorder: Recorder;
  readonly #training: TrainingSchedule;
  readonly #stopping = new AbortController();
  readonly #completed: Record<PassTrigger, number> = {
    interval: 0,
    'in-place': 0,
    'burn-rate': 0,
    'load-jump': 0,
    request: 0,
  };
  #failed = 0;
  #running: Promise<Decision> | undefined;
  #ticker: Promise<void> | undefined;
  #lastDurationSeconds: number | undefined;
  #lastAtSeconds: number | undefined;
  /** When a pass last changed all services, and not only those that are resized in place. */
  #lastWholeSeconds = Number.NEGATIVE_INFINITY;
  #dueSeconds: number;
  /** Least time to the next early pass: doubles while early passes change nothing, up to the interval, s. */
  #earlyWaitSeconds = 0;

  constructor(parts: ControlParts, recorder: Recorder, training: TrainingSchedule) {
    this.#parts = parts;
    this.#recorder = recorder;
    this.#training = training;
    this.#dueSeconds = parts.clock.nowSeconds() + parts.settings.control.interval;
  }

  start(): void {
    this.#ticker ??= this.#tickUntilStopped();
  }

  /** Ends the ticker and waits for the pass and the training under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ticker;
    await Promise.allSettled([this.#running, this.#training.settled()]);
  }

  /** Runs a pass, or joins the one under way. Rejects when the pass failed. */
  runPass(trigger: PassTrigger): Promise<Decision> {
    this.#running ??= this.#pass(trigger).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  get statistics(): PassStatistics {
    return {
      completed: this.#completed,
      failed: this.#failed,
      lastDurationSeconds: this.#lastDurationSeconds,
      lastAtSeconds: this.#lastAtSeconds,
    };
  }

  async #tickUntilStopped(): Promise<void> {
    const { clock, cluster } = this.#parts;
    // What runs is known before anything is learned: it may have changed while we were away.
    const looked = cluster.look(this.#stopping.signal);
    while (!this.#stopping.signal.aborted) {
      await Promise.all([looked, clock.sleep(this.#untilNextTick(), this.#stopping.signal)]);
      if (!this.#stopping.signal.aborted) await this.#tick();
    }
  }

  /** As soon as a span is known, or when a load changes by the clock. */
  #untilNextTick(): number {
    const { clock, settings } = this.#parts;
    const now = clock.nowSeconds();
    const phase = lateness(settings) % TICK_SECONDS;
    const next = (Math.floor((now - phase) / TICK_SECONDS) + 1) * TICK_SECONDS + phase;
    const wait = Math.min(next, this.#changesAt) - now;
    // What fell due meanwhile comes soon, and no tick that fails at it comes at once again.
    return wait > 0 ? wait : SOON_SECONDS;
  }

  /** Nothing that goes wrong in one tick ends the loop. */
  async #tick(): Promise<void> {
    try {
      const now = this.#parts.clock.nowSeconds();
      this.#parts.capacities.goBackTo(now);
      learn(this.#parts, now);
      if (this.#parts.memory.lateWindows.isDue(now)) learnAgain(this.#parts, now);
      this.#training.tick(this.#stopping.signal);
      this.#parts.cluster.tick(this.#stopping.signal);
      this.#recorder.saveProfiles();
      this.#recorder.prune();
      const trigger = this.#triggerAt(now);
      if (trigger !== undefined) await this.runPass(trigger);
    } catch (error) {
      this.#parts.logger.error({ error: messageOf(error) }, 'a pass failed; the last decision stays');
    }
  }

  #triggerAt(now: number): PassTrigger | undefined {
    const { control } = this.#parts.settings;
    // After the clock was set back the due time may lie far ahead.
    this.#dueSeconds = Math.min(this.#dueSeconds, now + control.interval);
    if (now + SOON_SECONDS >= this.#dueSeconds) return 'interval';
    return this.#earlyTrigger(now) ?? this.#inPlaceTrigger(now);
  }

  #earlyTrigger(now: number): PassTrigger | undefined {
    const { control } = this.#parts.settings;
    const sinceLast = Math.abs(now - this.#lastWholeSeconds);
    if (sinceLast < Math.max(control.minInterval, this.#earlyWaitSeconds)) return undefined;
    const early = reasonForEarlyPass(this.#parts, now);
    if (early === undefined) this.#earlyWaitSeconds = 0;
    else this.#parts.logger.info(early, 'early pass');
    return early?.trigger;
  }

  #inPlaceTrigger(now: number): PassTrigger | undefined {
    const { control, topology } = this.#parts.settings;
    if (!anyInPlace(topology)) return undefined;
    const sinceLast = Math.abs(now - (this.#lastAtSeconds ?? Number.NEGATIVE_INFINITY));
    const isTurn = sinceLast + SOON_SECONDS >= control.inPlace.interval;
    return isTurn || this.#changesAt <= now ? 'in-place' : undefined;
  }

  /** When a load changes by the clock, s; infinite where nothing is due, or was due before the last pass, whether that failed or not. */
  get #changesAt(): number {
    const { nearLoads, settings } = this.#parts;
    const { changesAt } = nearLoads;
    const isMade = changesAt <= (this.#lastAtSeconds ?? Number.NEGATIVE_INFINITY);
    return isMade || !anyInPlace(settings.topology) ? Number.POSITIVE_INFINITY : changesAt;
  }

  /** What an early pass could not help, another one half a minute later does not either. */
  #backOff(trigger: PassTrigger, { services }: Decision): void {
    if (trigger !== 'burn-rate' && trigger !== 'load-jump') return;
    const { minInterval, interval } = this.#parts.settings.control;
    const changed = services.some(
      ({ status }) => status === 'grow' || status === 'shrink' || status === 'reshape',
    );
    const wait = Math.max(minInterval, this.#earlyWaitSeconds);
    this.#earlyWaitSeconds = changed ? 0 : Math.min(interval, 2 * wait);
  }

  async #pass(trigger: PassTrigger): Promise<Decision> {
    const { clock, settings, logger } = this.#parts;
    const startedMs = performance.now();
    this.#lastAtSeconds = clock.nowSeconds();
    if (trigger !== 'in-place') {
      this.#lastWholeSeconds = this.#lastAtSeconds;
      this.#dueSeconds = this.#lastAtSeconds + settings.control.interval;
    }
    try {
      this.#parts.capacities.goBackTo(this.#lastAtSeconds);
      this.#recorder.flush();
      if (trigger !== 'in-place') learnAgain(this.#parts, this.#lastAtSeconds);
      // A copy: a pass ends with the settings that it began with.
      const decision = await optimizeOnce({ ...this.#parts }, trigger, this.#stopping.signal);
      this.#recorder.saveProfiles();
      this.#completed[trigger] += 1;
      this.#backOff(trigger, decision);
      this.#lastDurationSeconds = (performance.now() - startedMs) / 1000;
      logger.info(summaryOf(decision), 'pass completed');
      return decision;
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
  }
}

function summaryOf({ id, trigger, status, cost, services, durationMs }: Decision): object {
  const changed = services.filter((service) => service.status !== 'hold' && service.status !== 'keep').length;
  return { decision: id, trigger, status, cost, changed, durationMs };
}
