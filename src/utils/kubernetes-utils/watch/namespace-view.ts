/** What is in one namespace, kept up to date. */
import type { ServiceSpec } from '../../../models/data-models.ts';
import type { KubernetesSettings } from '../../../models/settings.ts';
import { describeFailure, isStatus } from '../api/api-failure.ts';
import { collectionPath, PODS } from '../api/paths.ts';
import { AUTOSCALERS, type Autoscaler, parseAutoscaler } from '../workload/autoscaler.ts';
import { findContainer, findTarget } from '../workload/find-target.ts';
import { type Pod, parsePod } from '../workload/pod.ts';
import { workloadKinds } from '../workload/target-names.ts';
import { type Container, parseWorkload, type Workload } from '../workload/workload.ts';
import { LabelIndex } from './label-index.ts';
import { type Freshness, Reflector, type ReflectorOptions } from './reflector.ts';

export interface NamespaceViewOptions extends Omit<ReflectorOptions<unknown>, 'path' | 'parse'> {
  readonly namespace: string;
  readonly settings: KubernetesSettings;
}

/** A service's workload, or why it cannot be told. `later`: it may well be told the next time. */
export type Located =
  | { readonly kind: 'located'; readonly workload: Workload; readonly container: Container }
  | { readonly kind: 'unknown'; readonly reason: string; readonly later: boolean };

export class NamespaceView {
  readonly namespace: string;
  readonly #label: string;
  readonly #clock: NamespaceViewOptions['clock'];
  readonly #workloads: readonly Reflector<Workload>[];
  readonly #autoscalers: readonly Reflector<Autoscaler>[];
  readonly #pods: Reflector<Pod>;
  #indexed: { readonly pods: readonly Pod[]; readonly index: LabelIndex<Pod> } | undefined;

  constructor({ namespace, settings, ...options }: NamespaceViewOptions) {
    this.namespace = namespace;
    this.#label = settings.label;
    this.#clock = options.clock;
    const path = (kind: Parameters<typeof collectionPath>[0]) => collectionPath(kind, namespace);
    this.#workloads = workloadKinds(settings).map(
      (kind) => new Reflector({ ...options, path: path(kind), parse: (raw) => parseWorkload(kind, raw) }),
    );
    this.#autoscalers = AUTOSCALERS.map(
      (kind) => new Reflector({ ...options, path: path(kind), parse: (raw) => parseAutoscaler(kind, raw) }),
    );
    this.#pods = new Reflector({ ...options, path: path(PODS), parse: parsePod });
  }

  start(): void {
    for (const reflector of this.#all) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.stop()));
  }

  /** Resolves when of everything it is known whether it can be read, or when the signal is aborted. */
  async settled(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.settled(signal)));
  }

  locate(service: ServiceSpec): Located {
    const trouble = this.#trouble(this.#workloads);
    if (trouble !== undefined) {
      // Without the right it stays so until a person gives it.
      const later = !this.#workloads.some(({ freshness }) => isForbidden(freshness));
      return { kind: 'unknown', reason: trouble, later };
    }
    const workloads = this.#workloads.flatMap(({ objects }) => objects);
    const target = findTarget(service, this.namespace, workloads, this.#label);
    if (target.kind === 'not-found') return { kind: 'unknown', reason: target.reason, later: false };
    const container = findContainer(service, target.value);
    if (container.kind === 'not-found') return { kind: 'unknown', reason: container.reason, later: false };
    return { kind: 'located', workload: target.value, container: container.value };
  }

  /** The pods of a workload, or why they cannot be told. */
  podsOf(workload: Workload): readonly Pod[] | string {
    const trouble = this.#trouble([this.#pods]);
    return trouble ?? this.#podIndex.selected(workload.selector);
  }

  /** Who else decides in this namespace, or why that cannot be told. */
  get autoscalers(): readonly Autoscaler[] | string {
    return this.#trouble(this.#autoscalers) ?? this.#autoscalers.flatMap(({ objects }) => objects);
  }

  get #podIndex(): LabelIndex<Pod> {
    const pods = this.#pods.objects;
    if (this.#indexed?.pods !== pods) this.#indexed = { pods, index: new LabelIndex(pods) };
    return this.#indexed.index;
  }

  get #all(): readonly Reflector<unknown>[] {
    return [...this.#workloads, ...this.#autoscalers, this.#pods];
  }

  #trouble(reflectors: readonly Reflector<unknown>[]): string | undefined {
    for (const { freshness } of reflectors) {
      if (freshness.kind === 'starting') return `namespace ${this.namespace} has not been read yet`;
      if (freshness.kind !== 'failing') continue;
      const { failure, sinceSeconds } = freshness;
      if (isStatus(failure, 401, 403)) return describeFailure(failure);
      const seconds = Math.max(0, Math.round(this.#clock.nowSeconds() - sinceSeconds));
      return `what runs in namespace ${this.namespace} is not known since ${seconds} s: ${describeFailure(failure)}`;
    }
    return undefined;
  }
}

function isForbidden(freshness: Freshness): boolean {
  return freshness.kind === 'failing' && isStatus(freshness.failure, 403);
}
