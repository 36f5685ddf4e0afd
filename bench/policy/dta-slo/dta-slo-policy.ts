import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp, type Wrappers } from '../../../src/app.ts';
import type { Logger } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import type { Policy, PolicyContext } from '../policy.ts';
import { TIMING } from '../timing.ts';
import type { Observer } from './decision-trace.ts';
import { type Names, RecordQueue } from './record-queue.ts';
import { settingsOf, type WritingMode } from './settings.ts';
import { EPOCH_SECONDS, SimulatedClock } from './simulated-clock.ts';
import { SimulatedExecutor } from './simulated-executor.ts';

/** What arrives is written to the history this often in simulated time, s, and never in real time. */
const FLUSH_SECONDS = 10;
const NEVER_SECONDS = 1e6;

export interface DtaSloOptions {
  readonly name: string;
  readonly mode?: WritingMode | undefined;
  readonly sections?: object | undefined;
  /** Put something before what decides: the ablations. */
  readonly wrap?: (settings: Settings) => Wrappers;
  readonly observer?: Observer;
}

/**
 * The product itself: everything that `createApp` builds, on the clock of the simulation, with the records that services
 * post, the use that a metrics API tells, and an executor that writes to the simulated cluster.
 */
export class DtaSloPolicy implements Policy {
  readonly name: string;
  readonly intervalSeconds = 1;
  readonly #clock = new SimulatedClock();
  readonly #queue = new RecordQueue();
  readonly #names: Names;
  readonly #folder = mkdtempSync(join(tmpdir(), 'dta-slo-policy-'));
  readonly #faults: string[] = [];
  readonly #observer: Observer | undefined;
  readonly #starting: Promise<App>;
  #flushedSeconds = 0;
  #told: string | undefined;
  readonly #toldChanges = new Map<string, string>();

  constructor(context: PolicyContext, { name, mode = 'rolling', sections, wrap, observer }: DtaSloOptions) {
    this.name = name;
    this.#observer = observer;
    const { services, chains } = context.application;
    this.#names = { services: services.map((one) => one.name), chains: chains.map((one) => one.name) };
    context.subscribe?.(this.#queue);
    const configured = settingsOf(context.application, { mode, sections, folder: this.#folder });
    const settings = { ...configured, store: { ...configured.store, flushInterval: NEVER_SECONDS } };
    this.#starting = createApp({
      settings,
      clock: this.#clock,
      logger: this.#logger(),
      executor: new SimulatedExecutor(context, this.#clock, EPOCH_SECONDS),
      ...(wrap !== undefined && { wrap: wrap(settings) }),
    }).then((app) => {
      app.start();
      return app;
    });
  }

  async step(nowSeconds: number): Promise<void> {
    const app = await this.#starting;
    // What has arrived by now finds the daemon before it does what is due now.
    const { intake } = app.daemon;
    this.#queue.deliver(nowSeconds - TIMING.recordDelay, intake, this.#names, EPOCH_SECONDS);
    await this.#clock.advanceTo(nowSeconds, async () => {
      await app.settled();
      this.#observe(app);
    });
    if (nowSeconds - this.#flushedSeconds >= FLUSH_SECONDS) {
      this.#flushedSeconds = nowSeconds;
      app.flush();
    }
    if (this.#faults.length > 0) throw new Error(`${this.name}: ${this.#faults.join('; ')}`);
  }

  async close(): Promise<void> {
    await (await this.#starting).stop();
    this.#observer?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #observe({ daemon }: App): void {
    if (this.#observer === undefined) return;
    const decision = daemon.latestDecision();
    if (decision !== undefined && decision.id !== this.#told) {
      this.#told = decision.id;
      this.#observer.onDecision(decision, daemon);
    }
    for (const change of daemon.changes.latest().values()) {
      const state = `${change.decision} ${change.status}`;
      if (this.#toldChanges.get(change.service) === state) continue;
      this.#toldChanges.set(change.service, state);
      this.#observer.onChange(change);
    }
  }

  /** What the daemon would only write to its log and go on ends a benchmark. */
  #logger(): Logger {
    const ignore = () => {};
    const error = (fields: object, message: string) =>
      this.#faults.push(`${message} ${JSON.stringify(fields)}`);
    return { debug: ignore, info: ignore, warn: ignore, error };
  }
}
