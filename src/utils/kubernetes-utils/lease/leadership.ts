/**
 * Which of several replicas writes: the holder of a Lease, after the algorithm of client-go's leaderelection
 * (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection).
 */
import { messageOf } from '../../../models/errors.ts';
import type { Clock, Logger, Random } from '../../../models/ports.ts';
import type { ApiClient } from '../api/api-client.ts';
import { describeFailure, isStatus } from '../api/api-failure.ts';
import { at, numberAt, textAt } from '../api/json.ts';
import { collectionPath, LEASES, objectPath } from '../api/paths.ts';
import { withAnyOf } from '../signals.ts';
import { SteadyClock } from '../steady-clock.ts';

export interface LeadershipOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Without an election this replica always leads. */
  readonly enabled: boolean;
  /** Of the Lease. */
  readonly namespace: string;
  readonly name: string;
  /** Of this replica; the name of its pod. */
  readonly identity: string;
  /** How long others wait for a holder that no longer renews, s. */
  readonly duration: number;
}

/** Shares of the duration, as client-go has them by default (15, 10 and 2 s). */
const RENEW_DEADLINE_SHARE = 2 / 3;
const RETRY_SHARE = 2 / 15;

/** Up to this much is added to the pause, so that replicas do not come at the same time. */
const JITTER = 0.2;

/** Stopping does not wait longer for it. */
const LONGEST_RELEASE_MS = 2000;

/** The Lease as it was last seen, and when we saw it change: the clocks of others are not believed. */
interface Seen {
  readonly record: string;
  readonly atSeconds: number;
  readonly holder: string;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  /** What is waited for; the machine's own clock is for the stamps in the Lease alone. */
  readonly #steady: SteadyClock;
  readonly #stopping = new AbortController();
  #leading = new AbortController();
  #running: Promise<void> | undefined;
  #seen: Seen | undefined;
  #leads = false;
  #renewedSeconds = 0;
  #trouble: string | undefined;
  #toldFault: string | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#steady = new SteadyClock(options.clock);
  }

  /** Why this replica does not write, for people. */
  get idleBecause(): string | undefined {
    if (!this.#options.enabled || this.#isLeading) return undefined;
    const lease = `Lease ${this.#options.namespace}/${this.#options.name}`;
    if (this.#trouble !== undefined) return `who leads is not known: ${lease}: ${this.#trouble}`;
    const holder = this.#seen?.holder ?? '';
    return holder === '' ? `who leads is not decided yet (${lease})` : `${holder} leads (${lease})`;
  }

  /** Aborted when the leadership is lost: whatever is being written then is another's to write. */
  get signal(): AbortSignal {
    return this.#leading.signal;
  }

  /** Resolves when this replica leads, at the latest when a holder that is gone would have lost the Lease. */
  async settled(signal: AbortSignal): Promise<void> {
    const { duration } = this.#options;
    const end = this.#steady.nowSeconds() + 2 * duration;
    while (this.idleBecause !== undefined && !signal.aborted && this.#steady.nowSeconds() < end)
      await this.#steady.sleep(duration * RETRY_SHARE, signal);
  }

  start(): void {
    if (this.#options.enabled) this.#running ??= this.#run();
  }

  /** Gives the Lease away, so that another replica need not wait for it to run out. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    if (this.#leads) await this.#release();
    this.#become(false);
  }

  /** A replica that hung does not lead any more by the time it wakes up. */
  get #isLeading(): boolean {
    return this.#leads && this.#leftSeconds > 0;
  }

  /** Until a leader that has not renewed must stop, s. */
  get #leftSeconds(): number {
    const deadline = this.#renewedSeconds + this.#options.duration * RENEW_DEADLINE_SHARE;
    return deadline - this.#steady.nowSeconds();
  }

  async #run(): Promise<void> {
    const { random, duration } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#become(await this.#tryWithoutEnd());
      const pause = duration * RETRY_SHARE * (1 + JITTER * random());
      await this.#steady.sleep(this.#leads ? Math.min(pause, this.#leftSeconds) : pause, signal);
      // Its time may have run out before the next try: whatever it writes is broken off now.
      if (!this.#isLeading) this.#become(false);
    }
  }

  /** A fault here is one of ours: it is told once, and nobody knows then who leads. */
  async #tryWithoutEnd(): Promise<boolean> {
    try {
      const leads = await this.#tryInTime();
      this.#toldFault = undefined;
      return leads;
    } catch (thrown) {
      const error = messageOf(thrown);
      if (error !== this.#toldFault)
        this.#options.logger.error({ error }, 'a fault of the daemon in the election');
      this.#toldFault = error;
      return this.#unknown(error);
    }
  }

  /** A leader does not wait for an answer any longer than it may lead without one. */
  async #tryInTime(): Promise<boolean> {
    const late = new AbortController();
    const left = this.#leads ? this.#leftSeconds : undefined;
    const timer = left === undefined ? undefined : setTimeout(() => late.abort(), left * 1000);
    try {
      const leads = await withAnyOf([this.#stopping.signal, late.signal], (signal) =>
        this.#tryToLead(signal),
      );
      return late.signal.aborted ? this.#unknown('it could not be renewed in time') : leads;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether this replica leads from now on. */
  async #tryToLead(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity } = this.#options;
    const asked = this.#steady.nowSeconds();
    const read = await client.request({ method: 'GET', path: objectPath(LEASES, namespace, name), signal });
    if (read.kind === 'failure' && !isStatus(read.failure, 404))
      return this.#unknown(describeFailure(read.failure));
    const lease = read.kind === 'answer' ? read.body : undefined;
    if (lease !== undefined && !this.#mayTake(lease)) {
      this.#trouble = undefined;
      return false;
    }
    const body = this.#leaseOf(lease);
    const written =
      lease === undefined
        ? await client.request({ method: 'POST', path: collectionPath(LEASES, namespace), body, signal })
        : await client.request({ method: 'PUT', path: objectPath(LEASES, namespace, name), body, signal });
    if (written.kind === 'failure') {
      // Another was faster; the next reading says who.
      if (isStatus(written.failure, 409)) return false;
      return this.#unknown(describeFailure(written.failure));
    }
    this.#trouble = undefined;
    this.#seen = { record: recordOf(written.body), atSeconds: this.#steady.nowSeconds(), holder: identity };
    this.#renewedSeconds = asked;
    return true;
  }

  /** While the API is away a leader goes on until its time is up; then nobody knows. */
  #unknown(trouble: string): boolean {
    this.#trouble = trouble;
    return this.#isLeading;
  }

  /** It is ours, free, or its holder has not renewed it for its duration by our own clock. */
  #mayTake(lease: unknown): boolean {
    const { identity, duration } = this.#options;
    const now = this.#steady.nowSeconds();
    const holder = textAt(lease, 'spec', 'holderIdentity') ?? '';
    const record = recordOf(lease);
    if (this.#seen?.record !== record) this.#seen = { record, atSeconds: now, holder };
    if (holder === '' || holder === identity) return true;
    const lasts = numberAt(lease, 'spec', 'leaseDurationSeconds') ?? duration;
    return now - this.#seen.atSeconds > lasts;
  }

  #leaseOf(lease: unknown): object {
    const { clock, namespace, name, identity, duration } = this.#options;
    const now = microTime(clock.nowSeconds());
    const holder = textAt(lease, 'spec', 'holderIdentity');
    const transitions = numberAt(lease, 'spec', 'leaseTransitions') ?? 0;
    const resourceVersion = textAt(lease, 'metadata', 'resourceVersion');
    return {
      apiVersion: `${LEASES.group}/${LEASES.version}`,
      kind: LEASES.kind,
      metadata: { namespace, name, ...(resourceVersion !== undefined && { resourceVersion }) },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(duration),
        acquireTime: holder === identity ? (textAt(lease, 'spec', 'acquireTime') ?? now) : now,
        renewTime: now,
        leaseTransitions: lease === undefined || holder === identity ? transitions : transitions + 1,
      },
    };
  }

  async #release(): Promise<void> {
    const { client, namespace, name, identity, logger } = this.#options;
    const path = objectPath(LEASES, namespace, name);
    const signal = AbortSignal.timeout(LONGEST_RELEASE_MS);
    const read = await client.request({ method: 'GET', path, signal });
    if (read.kind === 'failure' || textAt(read.body, 'spec', 'holderIdentity') !== identity) return;
    const body = released(read.body);
    const written = await client.request({ method: 'PUT', path, body, signal });
    if (written.kind === 'failure')
      logger.warn(
        { reason: describeFailure(written.failure) },
        'the lease was not given away; it runs out by itself',
      );
  }

  #become(leads: boolean): void {
    if (leads === this.#leads) return;
    this.#leads = leads;
    const { logger, identity } = this.#options;
    if (leads) {
      this.#leading = new AbortController();
      logger.info({ identity }, 'this replica leads');
    } else {
      this.#leading.abort();
      logger.info({ identity, reason: this.idleBecause }, 'this replica does not lead any more');
    }
  }
}

function recordOf(lease: unknown): string {
  return JSON.stringify(at(lease, 'spec'));
}

/** Without a holder and with a second to live, as client-go leaves it. */
function released(lease: unknown): object {
  return {
    apiVersion: textAt(lease, 'apiVersion'),
    kind: textAt(lease, 'kind'),
    metadata: at(lease, 'metadata'),
    spec: {
      leaseDurationSeconds: 1,
      leaseTransitions: numberAt(lease, 'spec', 'leaseTransitions') ?? 0,
      renewTime: textAt(lease, 'spec', 'renewTime'),
      acquireTime: textAt(lease, 'spec', 'acquireTime'),
    },
  };
}

/** MicroTime: six digits after the point. */
function microTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '000Z');
}
