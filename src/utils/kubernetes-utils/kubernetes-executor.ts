/** The executor that writes to a Kubernetes cluster. */
import type {
  Change,
  ChangeOutcome,
  CheckOutcome,
  TargetReading,
  TargetState,
} from '../../models/changes.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import { messageOf } from '../../models/errors.ts';
import type { UsageSample } from '../../models/metrics.ts';
import type { Clock, Executor, Logger, Random } from '../../models/ports.ts';
import type { KubernetesSettings } from '../../models/settings.ts';
import { ApiClient } from './api/api-client.ts';
import { ClusterAccess } from './api/cluster-access.ts';
import { type ClusterEnvironment, type ClusterSource, findCluster } from './api/find-cluster.ts';
import { carryOut, resume } from './change/carry-out.ts';
import { check } from './change/check.ts';
import type { ChangeParts } from './change/site.ts';
import { Leadership } from './lease/leadership.ts';
import { readTarget } from './read-target.ts';
import { withAnyOf } from './signals.ts';
import { SteadyClock } from './steady-clock.ts';
import { TemplateDrift } from './template-drift.ts';
import { UsageReader } from './usage.ts';
import { type Located, NamespaceView } from './watch/namespace-view.ts';

export interface KubernetesExecutorOptions {
  readonly settings: KubernetesSettings;
  readonly environment: ClusterEnvironment;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where a pod finds its token; for tests. */
  readonly serviceAccountFolder?: string;
  /** How long one watch lasts, s; for tests. */
  readonly watchSeconds?: number;
}

export type Connected =
  | { readonly kind: 'connected'; readonly executor: Executor }
  | { readonly kind: 'no-cluster'; readonly reason: string }
  /** Something names a cluster, but it cannot be read. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Looks for a cluster and connects to it. A cluster that does not answer is one all the same: it is waited for.
 */
export async function connectKubernetes(options: KubernetesExecutorOptions): Promise<Connected> {
  const { settings, environment, serviceAccountFolder } = options;
  if (!settings.enabled) return { kind: 'no-cluster', reason: 'kubernetes.enabled is false' };
  const source = findCluster(settings, environment, serviceAccountFolder);
  if (source === undefined) return { kind: 'no-cluster', reason: 'nothing names a cluster' };
  try {
    const access = await ClusterAccess.open(source, settings.context);
    return { kind: 'connected', executor: new KubernetesExecutor(access, source, options) };
  } catch (thrown) {
    return { kind: 'unreadable', reason: messageOf(thrown) };
  }
}

const DEFAULT_NAMESPACE = 'default';

class KubernetesExecutor implements Executor {
  readonly #options: KubernetesExecutorOptions;
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #views = new Map<string, NamespaceView>();
  readonly #usage: UsageReader;
  readonly #templates = new TemplateDrift();
  readonly #leadership: Leadership;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(access: ClusterAccess, source: ClusterSource, options: KubernetesExecutorOptions) {
    const { settings, environment, logger } = options;
    this.#options = options;
    this.#client = new ApiClient(access, settings.requestTimeout);
    this.#namespace =
      settings.namespace ?? environment.POD_NAMESPACE ?? access.namespace ?? DEFAULT_NAMESPACE;
    this.#usage = new UsageReader(this.#client, logger);
    const namespace = environment.POD_NAMESPACE ?? access.namespace ?? this.#namespace;
    const isElected = source.kind === 'in-cluster' && settings.lease.enabled;
    this.#leadership = new Leadership({
      ...options,
      client: this.#client,
      namespace,
      ...settings.lease,
      enabled: isElected,
      identity: environment.HOSTNAME ?? 'dta-slo',
    });
    logger.info(
      { server: access.server.host, namespace: this.#namespace, election: isElected },
      'a Kubernetes cluster is connected',
    );
  }

  get idleBecause(): string | undefined {
    return this.#leadership.idleBecause;
  }

  start(): void {
    this.#view(this.#namespace);
    this.#leadership.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#underWay, ...[...this.#views.values()].map((view) => view.stop())]);
    await this.#leadership.stop();
    this.#client.close();
  }

  async readTargets(
    services: Iterable<ServiceSpec>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, TargetReading>> {
    const wanted = [...services];
    await this.#settled(new Set(wanted.map((service) => this.#namespaceOf(service))), signal);
    const now = this.#options.clock.nowSeconds();
    return new Map(
      wanted.map((service) => {
        const view = this.#view(this.#namespaceOf(service));
        return [service.id, readTarget(service, view, this.#templates, now)];
      }),
    );
  }

  async readUsage(services: Iterable<ServiceSpec>, signal?: AbortSignal): Promise<readonly UsageSample[]> {
    const wanted = [...services];
    const namespaces = new Set(wanted.map((service) => this.#namespaceOf(service)));
    await this.#settled(namespaces, signal);
    const samples = await Promise.all(
      [...namespaces].map((namespace) => {
        const members = wanted.filter((service) => this.#namespaceOf(service) === namespace);
        return this.#usage.read(this.#view(namespace), members, signal);
      }),
    );
    return samples.flat();
  }

  check(change: Change, signal?: AbortSignal): Promise<CheckOutcome> {
    return this.#asLeader(signal, (own) => check(change, this.#parts, own));
  }

  carryOut(change: Change, before: TargetState, signal?: AbortSignal): Promise<ChangeOutcome> {
    return this.#asLeader(signal, (own) => carryOut(change, before, this.#parts, own));
  }

  async resume(change: Change, before: TargetState, signal?: AbortSignal): Promise<ChangeOutcome> {
    await this.#withAnyOf([signal], (own) => this.#leadership.settled(own));
    // It may have been written before the restart: `held` would say that nothing was, and that nothing is to undo.
    const idle = this.idleBecause;
    if (idle !== undefined) return { kind: 'failed', reason: `it is not known what became of it: ${idle}` };
    return this.#acting(signal, (own) => resume(change, before, this.#parts, own));
  }

  /** Held by whoever does not lead. */
  async #asLeader<T>(
    signal: AbortSignal | undefined,
    act: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | { readonly kind: 'held'; readonly reason: string }> {
    const idle = this.idleBecause;
    return idle === undefined ? this.#acting(signal, act) : { kind: 'held', reason: idle };
  }

  /** Broken off when the daemon stops or another replica leads. */
  async #acting<T>(signal: AbortSignal | undefined, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const acting = this.#withAnyOf([signal, this.#leadership.signal], act);
    this.#underWay.add(acting);
    try {
      return await acting;
    } finally {
      this.#underWay.delete(acting);
    }
  }

  get #parts(): ChangeParts {
    const { clock, random, settings } = this.#options;
    return {
      client: this.#client,
      clock: new SteadyClock(clock),
      random,
      settings,
      locate: (service, signal) => this.#locate(service, signal),
      isTemplateDue: (workload) => this.#templates.isDue(workload, clock.nowSeconds()),
      brokenOffBecause: () => this.#brokenOffBecause,
    };
  }

  get #brokenOffBecause(): string {
    const idle = this.#stopping.signal.aborted ? undefined : this.idleBecause;
    return idle === undefined
      ? 'it was broken off while it was carried out; what was written stays'
      : `it was broken off because ${idle}; what was written stays`;
  }

  #withAnyOf<T>(
    signals: readonly (AbortSignal | undefined)[],
    act: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withAnyOf([this.#stopping.signal, ...signals], act);
  }

  async #locate(service: ServiceSpec, signal: AbortSignal | undefined): Promise<Located> {
    const namespace = this.#namespaceOf(service);
    await this.#settled([namespace], signal);
    return this.#view(namespace).locate(service);
  }

  /** Not longer than an answer may take: what is not there by then is told to be missing. */
  async #settled(namespaces: Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#options.settings.requestTimeout * 1000);
    const views = [...namespaces].map((namespace) => this.#view(namespace));
    await this.#withAnyOf([late.signal, signal], (own) =>
      Promise.all(views.map((view) => view.settled(own))),
    ).finally(() => clearTimeout(timer));
  }

  #namespaceOf({ namespace }: ServiceSpec): string {
    return namespace ?? this.#namespace;
  }

  /** A namespace is watched from when it is first asked for. */
  #view(namespace: string): NamespaceView {
    const known = this.#views.get(namespace);
    if (known !== undefined) return known;
    const view = new NamespaceView({ ...this.#options, client: this.#client, namespace });
    this.#views.set(namespace, view);
    if (!this.#stopping.signal.aborted) view.start();
    return view;
  }
}
