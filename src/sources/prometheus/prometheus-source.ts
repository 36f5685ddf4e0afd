import { messageOf } from '../../models/errors.ts';
import type { Clock, Logger, Random } from '../../models/ports.ts';
import type { Settings } from '../../models/settings.ts';
import type { SourceHealth, SourceStatus, TrafficSource } from '../../models/sources.ts';
import { backOffSeconds } from './back-off.ts';
import { Refresher, type RefreshSinks } from './refresher.ts';
import { SourceFault } from './source-fault.ts';

export interface PrometheusSourceOptions extends RefreshSinks {
  /** The settings in force; another object after they changed. */
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

const MOST_MISSING = 20;

/** Without a service that is fed by Prometheus the settings are looked at this often, s. */
const IDLE_SECONDS = 5;

/**
 * Reads traffic and use from a server that speaks the HTTP API of Prometheus, a step at a time. Whatever goes wrong is
 * told by `status` and tried again; what is known stays, and what was missed is read when the server is back.
 */
export class PrometheusSource implements TrafficSource {
  readonly #options: PrometheusSourceOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #settings: Settings | undefined;
  #refresher: Refresher | undefined;
  #health: SourceHealth = { kind: 'starting' };
  #failures = 0;
  #lastSuccessSeconds: number | undefined;
  #missing = '';

  constructor(options: PrometheusSourceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#runUntilStopped();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#refresher?.close();
  }

  get status(): SourceStatus {
    const known = this.#lastSuccessSeconds === undefined ? undefined : this.#refresher?.knownUntilSeconds;
    return {
      name: 'prometheus',
      health: this.#health,
      lastSuccessSeconds: this.#lastSuccessSeconds,
      lagSeconds: known === undefined ? undefined : Math.max(0, this.#options.clock.nowSeconds() - known),
      missing: (this.#refresher?.missing ?? []).slice(0, MOST_MISSING),
    };
  }

  /** Bytes of all answers since the settings changed. */
  get bytesRead(): number {
    return this.#refresher?.bytesRead ?? 0;
  }

  /** Reads what is due, as the running source does by itself. Never rejects; the status says how it went. */
  async refresh(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (!(await this.#advance())) return;
    }
  }

  async #runUntilStopped(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.refresh();
      await clock.sleep(this.#waitSeconds(), signal);
    }
  }

  #waitSeconds(): number {
    if (this.#failures > 0) return backOffSeconds(this.#failures, this.#options.random);
    const prometheus = this.#settings?.prometheus;
    if (prometheus === undefined || this.#refresher === undefined) return IDLE_SECONDS;
    const now = this.#options.clock.nowSeconds();
    const next = this.#refresher.dueSeconds(now) + prometheus.step + prometheus.delay;
    return Math.max(0.05, next - now);
  }

  /** Answers whether more is due. */
  async #advance(): Promise<boolean> {
    try {
      const refresher = this.#current();
      if (refresher === undefined) return false;
      const isMoreDue = await refresher.advance(this.#options.clock.nowSeconds(), this.#stopping.signal);
      this.#succeeded(refresher, isMoreDue);
      return isMoreDue;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#failed(error);
      return false;
    }
  }

  #current(): Refresher | undefined {
    const settings = this.#options.settings();
    if (settings === this.#settings) return this.#refresher;
    this.#settings = settings;
    this.#refresher?.close();
    const { prometheus, topology } = settings;
    const now = this.#options.clock.nowSeconds();
    this.#refresher = prometheus && new Refresher(prometheus, topology, this.#options, now);
    if (prometheus === undefined) this.#health = { kind: 'starting' };
    return this.#refresher;
  }

  /** What is missing is judged by the newest answer: the oldest points are read first, and may lie before all data. */
  #succeeded({ missing }: Refresher, isMoreDue: boolean): void {
    const { clock, logger } = this.#options;
    if (this.#health.kind !== 'ok') logger.info({ source: 'prometheus' }, 'Prometheus answers');
    this.#health = { kind: 'ok' };
    this.#failures = 0;
    this.#lastSuccessSeconds = clock.nowSeconds();
    if (isMoreDue) return;
    const named = missing.slice(0, MOST_MISSING).join(', ');
    if (named !== this.#missing && missing.length > 0) {
      logger.warn(
        { source: 'prometheus', missing: missing.length, named },
        'Prometheus has nothing of some chains',
      );
    }
    if (this.#missing !== '' && missing.length === 0)
      logger.info({ source: 'prometheus' }, 'Prometheus tells of all chains');
    this.#missing = named;
  }

  #failed(error: unknown): void {
    const { clock, logger } = this.#options;
    const reason = messageOf(error);
    this.#failures += 1;
    const health = this.#health;
    const isNews = health.kind !== 'failing' || health.reason !== reason;
    const sinceSeconds = health.kind === 'failing' ? health.sinceSeconds : clock.nowSeconds();
    this.#health = { kind: 'failing', sinceSeconds, reason };
    const fields = { source: 'prometheus', reason, failures: this.#failures };
    if (!(error instanceof SourceFault)) logger.error(fields, 'reading Prometheus failed unexpectedly');
    else if (isNews) logger.warn(fields, 'Prometheus cannot be read; what is known stays');
  }
}
