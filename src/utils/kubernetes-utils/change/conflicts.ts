/** A conflict of server-side apply in a sentence, with what to do about it. */
import type { StatusFailure } from '../api/api-failure.ts';
import { FIELD_MANAGER } from '../change-cause.ts';
import { apiVersionOf } from '../workload/target-names.ts';
import { describeRef, type WorkloadRef } from '../workload/workload.ts';

/** The managers that own fields which we wanted to set, each with these fields; empty for another kind of failure. */
export function conflictsOf({ code, causes }: StatusFailure): ReadonlyMap<string, readonly string[]> {
  const conflicts = new Map<string, string[]>();
  if (code !== 409) return conflicts;
  for (const { reason, field, message } of causes) {
    if (reason !== 'FieldManagerConflict') continue;
    const manager = /^conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1] ?? message;
    conflicts.set(manager, [...(conflicts.get(manager) ?? []), field]);
  }
  return conflicts;
}

/** `present` is the part of the object with the values that stand: taking it over changes nothing that runs. */
export function describeConflicts(
  ref: WorkloadRef,
  conflicts: ReadonlyMap<string, readonly string[]>,
  present: object,
): string {
  const owners = [...conflicts].map(([manager, fields]) => `${manager} owns ${fields.join(', ')}`);
  const managers = [...conflicts.keys()];
  return `${owners.join('; ')} of ${describeRef(ref)}. ${handOver(ref, managers, present)}`;
}

/**
 * `kubectl apply --server-side` moves everything that a client-side apply owned to the field manager that it is given
 * (migrateToSSAIfNecessary of kubectl): that must be the user's own first, or we would own the whole workload.
 */
export function handOver(ref: WorkloadRef, managers: readonly string[], present: object): string {
  const isClientSide = managers.includes(CLIENT_SIDE);
  const first = isClientSide
    ? 'first apply your manifest as it is with kubectl apply --server-side -f FILE, then '
    : '';
  return `To hand this over, ${first}run: ${takeOverCommand(ref, present)} ; then leave resources and replicas out of what ${managers.join(' and ')} applies (docs/kubernetes.md).`;
}

const CLIENT_SIDE = '"kubectl-client-side-apply"';

/** Makes us an owner of what stands. */
function takeOverCommand({ kind, namespace, name }: WorkloadRef, present: object): string {
  const body = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { namespace, name }, ...present };
  const text = JSON.stringify(body).replaceAll("'", "'\\''");
  return `echo '${text}' | kubectl apply --server-side --force-conflicts --field-manager=${FIELD_MANAGER} -f -`;
}
