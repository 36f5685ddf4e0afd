import {
  clone,
  ensureObject,
  type JsonObject,
  type KubeObject,
  numberAt,
  objectAt,
  sameJson,
  stringAt,
} from '../json.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../resource-types.ts';
import { conditionOf } from './conditions.ts';
import { deploymentStatus } from './deployment-status.ts';
import { type Manager, ownerReference, templateHash } from './manager.ts';
import { replicasOf } from './pods.ts';
import { boundsOf, newReplicas, oldReplicas, sumOf } from './rolling.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MOST = 'deployment.kubernetes.io/max-replicas';
const HASH = 'pod-template-hash';

/** Rolls every deployment towards its template, one step at a time. */
export function runDeployments(manager: Manager): void {
  for (const deployment of manager.plane.storage.list(DEPLOYMENTS)) runDeployment(manager, deployment);
}

function runDeployment(manager: Manager, deployment: KubeObject): void {
  const sets = manager.ownedBy(REPLICA_SETS, deployment).sort(byAge);
  const paused = objectAt(deployment, 'spec')['paused'] === true;
  const found = sets.find((set) => hasTemplateOf(set, deployment));
  if (paused || isBeingScaled(deployment, sets)) scaleAll(manager, deployment, sets);
  else roll(manager, deployment, sets, found);
  report(manager, deployment);
}

function roll(
  manager: Manager,
  deployment: KubeObject,
  sets: KubeObject[],
  found: KubeObject | undefined,
): void {
  const recreate = stringAt(deployment, 'spec', 'strategy', 'type') === 'Recreate';
  const old = sets.filter((set) => set !== found);
  if (recreate && sumOf(old, (set) => numberAt(set, 'status', 'replicas')) + sumOf(old, replicasOf) > 0) {
    for (const set of old) resize(manager, deployment, set, 0);
    return;
  }
  const current = revised(manager, deployment, old, found ?? createSet(manager, deployment, sets));
  const all = [...old, current];
  const wanted = newReplicas(deployment, all, current);
  resize(manager, deployment, current, wanted);
  if (wanted !== replicasOf(current)) return;
  const sizes = oldReplicas(deployment, old, current);
  for (const [set, size] of sizes) resize(manager, deployment, set, size);
  cleanUp(manager, deployment, old);
}

/** The set of the template that is in force carries the highest revision, and the deployment shows it. */
function revised(
  manager: Manager,
  deployment: KubeObject,
  old: readonly KubeObject[],
  set: KubeObject,
): KubeObject {
  const highest = Math.max(0, ...old.map(revisionOf));
  const revision = revisionOf(set) > highest ? revisionOf(set) : highest + 1;
  const cause = objectAt(deployment, 'metadata', 'annotations')['kubernetes.io/change-cause'];
  const changed = manager.change(REPLICA_SETS, set, (copy) => {
    const annotations = ensureObject(copy, 'metadata', 'annotations');
    annotations[REVISION] = String(revision);
    if (cause !== undefined) annotations['kubernetes.io/change-cause'] = cause;
  });
  manager.change(
    DEPLOYMENTS,
    deployment,
    (copy) => {
      ensureObject(copy, 'metadata', 'annotations')[REVISION] = String(revision);
    },
    'status',
  );
  return changed;
}

function createSet(manager: Manager, deployment: KubeObject, sets: readonly KubeObject[]): KubeObject {
  const template = clone(objectAt(deployment, 'spec', 'template'));
  const hash = templateHash(template);
  ensureObject(template, 'metadata', 'labels')[HASH] = hash;
  const selector = clone(objectAt(deployment, 'spec', 'selector'));
  ensureObject(selector, 'matchLabels')[HASH] = hash;
  const empty = { spec: { replicas: 0 } } as unknown as KubeObject;
  const replicas = newReplicas(deployment, sets, empty);
  const { namespace = '', name } = deployment.metadata;
  return manager.create(REPLICA_SETS, namespace, {
    metadata: {
      name: `${name}-${hash}`,
      labels: objectAt(template, 'metadata', 'labels'),
      annotations: sizesOf(deployment),
      ownerReferences: [ownerReference(deployment)],
    },
    spec: { replicas, selector, template, minReadySeconds: numberAt(deployment, 'spec', 'minReadySeconds') },
  });
}

function resize(manager: Manager, deployment: KubeObject, set: KubeObject, replicas: number): void {
  if (replicas !== replicasOf(set)) {
    const up = replicas > replicasOf(set);
    manager.tellEvent(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${up ? 'up' : 'down'} replica set ${set.metadata.name} from ${replicasOf(set)} to ${replicas}`,
      'deployment-controller',
    );
  }
  manager.change(REPLICA_SETS, set, (copy) => {
    ensureObject(copy, 'spec')['replicas'] = replicas;
    Object.assign(ensureObject(copy, 'metadata', 'annotations'), sizesOf(deployment));
  });
}

/** A change of replicas alone goes to the sets that have pods, in proportion to their size. */
function scaleAll(manager: Manager, deployment: KubeObject, sets: readonly KubeObject[]): void {
  const active = sets.filter((set) => replicasOf(set) > 0);
  const targets = active.length > 0 ? active : sets.slice(-1);
  const most = replicasOf(deployment) + (active.length > 1 ? boundsOf(deployment).surge : 0);
  const total = sumOf(targets, replicasOf);
  let left = most;
  for (const [index, set] of targets.entries()) {
    const share = total === 0 ? most : Math.round((most * replicasOf(set)) / total);
    const size = index === targets.length - 1 ? left : Math.min(left, share);
    left -= size;
    resize(manager, deployment, set, size);
  }
  for (const set of sets) if (!targets.includes(set)) resize(manager, deployment, set, replicasOf(set));
}

function isBeingScaled(deployment: KubeObject, sets: readonly KubeObject[]): boolean {
  return sets.some((set) => {
    const desired = stringAt(set, 'metadata', 'annotations', DESIRED);
    return replicasOf(set) > 0 && desired !== '' && Number(desired) !== replicasOf(deployment);
  });
}

const sizesOf = (deployment: KubeObject): JsonObject => ({
  [DESIRED]: String(replicasOf(deployment)),
  [MOST]: String(replicasOf(deployment) + boundsOf(deployment).surge),
});

/** Empty sets of long ago are removed, but for `revisionHistoryLimit` of them. */
function cleanUp(manager: Manager, deployment: KubeObject, old: readonly KubeObject[]): void {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit');
  const empty = old.filter((set) => replicasOf(set) === 0 && numberAt(set, 'status', 'replicas') === 0);
  const done = conditionOf(deployment, 'Progressing')?.['reason'] === 'NewReplicaSetAvailable';
  const gone = [...empty]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, empty.length - limit));
  if (done) for (const set of gone) manager.remove(REPLICA_SETS, set);
}

function report(manager: Manager, deployment: KubeObject): void {
  const sets = manager.ownedBy(REPLICA_SETS, deployment).sort(byAge);
  const current = sets.find((set) => hasTemplateOf(set, deployment));
  manager.change(
    DEPLOYMENTS,
    deployment,
    (copy) => {
      copy['status'] = deploymentStatus(copy, sets, current, manager.plane.now());
    },
    'status',
  );
}

function hasTemplateOf(set: KubeObject, deployment: KubeObject): boolean {
  const own = clone(objectAt(set, 'spec', 'template'));
  delete ensureObject(own, 'metadata', 'labels')[HASH];
  const wanted = clone(objectAt(deployment, 'spec', 'template'));
  ensureObject(wanted, 'metadata', 'labels');
  return sameJson(own, wanted);
}

export const revisionOf = (set: KubeObject): number =>
  Number(stringAt(set, 'metadata', 'annotations', REVISION) || 0);

function byAge(a: KubeObject, b: KubeObject): number {
  return (
    revisionOf(a) - revisionOf(b) || a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)
  );
}
