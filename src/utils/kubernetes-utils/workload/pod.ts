/** A pod as the API tells it, as far as we look: a namespace of thousands is kept of it. */
import type { Limits } from '../../../models/changes.ts';
import { at, listAt, numberAt, secondsAt, textAt, textsAt } from '../api/json.ts';
import { parseContainer, parseQuantities, parseResources } from './workload.ts';

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly phase: string;
  readonly ready: boolean;
  readonly beingDeleted: boolean;
  /** Why no node takes it. */
  readonly unschedulable?: string;
  /** What controls it, such as a ReplicaSet. */
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string };
  /** Somebody has resized it: it may have another size than the template that it was made of. */
  readonly resized: boolean;
  /** A resize that is not done yet, as far as the kubelet has said something of it. */
  readonly resize?: PodResize;
  readonly containers: ReadonlyMap<string, PodContainer>;
}

/** https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status */
export interface PodResize {
  /**
   * `deferred`: the node has no room at present; `infeasible`: it never will; `in-progress`: it is being done; `error`: it
   * was tried and will be tried again. A reason that is not known counts as `deferred` (KEP-1287).
   */
  readonly kind: 'deferred' | 'infeasible' | 'in-progress' | 'error';
  readonly message: string;
  /** It is about the size that the pod is to have now. Absent where the API does not tell (before Kubernetes 1.34). */
  readonly current?: boolean;
}

/** What a container asks for and may use at most, cores and MiB. */
export interface PodResources {
  readonly requests: Limits;
  readonly limits: Limits;
}

export interface PodContainer extends PodResources {
  /** What it really has, by its runtime; absent where the node does not tell. */
  readonly actual?: PodResources;
  /** Requests that the kubelet has granted. */
  readonly allocated?: Limits;
  readonly restarts: number;
  /** Why it does not run: `CrashLoopBackOff`, `ImagePullBackOff`. */
  readonly waiting?: string;
  readonly waitingMessage?: string;
  /** Why it ended last: `OOMKilled`, `Error`. */
  readonly ended?: string;
  readonly exitCode?: number;
  /** When it was last killed for its memory, Unix s. */
  readonly oomKilledSeconds?: number;
}

export function parsePod(raw: unknown): Pod | undefined {
  const [name, namespace] = [textAt(raw, 'metadata', 'name'), textAt(raw, 'metadata', 'namespace')];
  if (name === undefined || namespace === undefined) return undefined;
  const conditions = listAt(raw, 'status', 'conditions');
  const condition = (type: string) => conditions.find((candidate) => textAt(candidate, 'type') === type);
  const scheduled = condition('PodScheduled');
  const isUnschedulable =
    textAt(scheduled, 'status') === 'False' && textAt(scheduled, 'reason') === 'Unschedulable';
  const owner = listAt(raw, 'metadata', 'ownerReferences').find(
    (reference) => at(reference, 'controller') === true,
  );
  const resize =
    parseResize(raw, condition('PodResizePending'), 'deferred') ??
    parseResize(raw, condition('PodResizeInProgress'), 'in-progress');
  return {
    namespace,
    name,
    uid: textAt(raw, 'metadata', 'uid') ?? '',
    labels: textsAt(raw, 'metadata', 'labels'),
    phase: textAt(raw, 'status', 'phase') ?? '',
    ready: textAt(condition('Ready'), 'status') === 'True',
    beingDeleted: textAt(raw, 'metadata', 'deletionTimestamp') !== undefined,
    ...(isUnschedulable && { unschedulable: textAt(scheduled, 'message') ?? 'no node takes it' }),
    resized: listAt(raw, 'metadata', 'managedFields').some(
      (entry) => textAt(entry, 'subresource') === 'resize',
    ),
    ...(owner !== undefined && {
      owner: {
        kind: textAt(owner, 'kind') ?? '',
        name: textAt(owner, 'name') ?? '',
        uid: textAt(owner, 'uid') ?? '',
      },
    }),
    ...(resize !== undefined && { resize }),
    containers: parseContainers(raw),
  };
}

const REASONS: Readonly<Record<string, PodResize['kind']>> = { Infeasible: 'infeasible', Error: 'error' };

function parseResize(raw: unknown, condition: unknown, otherwise: PodResize['kind']): PodResize | undefined {
  if (textAt(condition, 'status') !== 'True') return undefined;
  const [observed, generation] = [
    numberAt(condition, 'observedGeneration'),
    numberAt(raw, 'metadata', 'generation'),
  ];
  return {
    kind: REASONS[textAt(condition, 'reason') ?? ''] ?? otherwise,
    message: textAt(condition, 'message') ?? '',
    ...(observed !== undefined && generation !== undefined && { current: observed >= generation }),
  };
}

function parseContainers(raw: unknown): ReadonlyMap<string, PodContainer> {
  const statuses = listAt(raw, 'status', 'containerStatuses');
  return new Map(
    listAt(raw, 'spec', 'containers').map((container) => {
      const { name, requests, limits } = parseContainer(container);
      const status = statuses.find((candidate) => textAt(candidate, 'name') === name);
      return [name, { requests, limits, ...parseStatus(status) }];
    }),
  );
}

function parseStatus(status: unknown): Omit<PodContainer, keyof PodResources> {
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  const waitingMessage = textAt(status, 'state', 'waiting', 'message');
  const ends = ['state', 'lastState'].filter(
    (key) => textAt(status, key, 'terminated', 'reason') !== undefined,
  );
  const [latest] = ends;
  const ended = latest === undefined ? undefined : textAt(status, latest, 'terminated', 'reason');
  const exitCode = latest === undefined ? undefined : numberAt(status, latest, 'terminated', 'exitCode');
  const killed = ends.find((key) => textAt(status, key, 'terminated', 'reason') === 'OOMKilled');
  const oomKilledSeconds =
    killed === undefined ? undefined : secondsAt(status, killed, 'terminated', 'finishedAt');
  const allocated = at(status, 'allocatedResources');
  return {
    ...(at(status, 'resources') !== undefined && { actual: parseResources(at(status, 'resources')) }),
    ...(allocated !== undefined && { allocated: parseQuantities(allocated) }),
    restarts: numberAt(status, 'restartCount') ?? 0,
    ...(waiting !== undefined && { waiting }),
    ...(waitingMessage !== undefined && { waitingMessage }),
    ...(ended !== undefined && { ended }),
    ...(exitCode !== undefined && { exitCode }),
    ...(oomKilledSeconds !== undefined && { oomKilledSeconds }),
  };
}
