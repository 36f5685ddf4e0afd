/** A pod as the API tells it, as far as we look: a namespace of thousands is kept of it. */
import type { Limits } from '../../../models/changes.ts';
import { listAt, numberAt, secondsAt, textAt, textsAt } from '../api/json.ts';
import { parseContainer } from './workload.ts';

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
  readonly containers: ReadonlyMap<string, PodContainer>;
}

export interface PodContainer {
  readonly requests: Limits;
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
  return {
    namespace,
    name,
    uid: textAt(raw, 'metadata', 'uid') ?? '',
    labels: textsAt(raw, 'metadata', 'labels'),
    phase: textAt(raw, 'status', 'phase') ?? '',
    ready: textAt(condition('Ready'), 'status') === 'True',
    beingDeleted: textAt(raw, 'metadata', 'deletionTimestamp') !== undefined,
    ...(isUnschedulable && { unschedulable: textAt(scheduled, 'message') ?? 'no node takes it' }),
    containers: parseContainers(raw),
  };
}

function parseContainers(raw: unknown): ReadonlyMap<string, PodContainer> {
  const statuses = listAt(raw, 'status', 'containerStatuses');
  return new Map(
    listAt(raw, 'spec', 'containers').map((container) => {
      const { name, requests } = parseContainer(container);
      const status = statuses.find((candidate) => textAt(candidate, 'name') === name);
      return [name, { requests, ...parseStatus(status) }];
    }),
  );
}

function parseStatus(status: unknown): Omit<PodContainer, 'requests'> {
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
  return {
    restarts: numberAt(status, 'restartCount') ?? 0,
    ...(waiting !== undefined && { waiting }),
    ...(waitingMessage !== undefined && { waitingMessage }),
    ...(ended !== undefined && { ended }),
    ...(exitCode !== undefined && { exitCode }),
    ...(oomKilledSeconds !== undefined && { oomKilledSeconds }),
  };
}
