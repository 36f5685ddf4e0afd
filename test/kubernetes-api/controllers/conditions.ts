import { type JsonObject, type KubeObject, objectsAt } from '../json.ts';

/** What a controller says of an object under one name. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(object: KubeObject, type: string): JsonObject | undefined {
  return objectsAt(object, 'status', 'conditions').find((condition) => condition['type'] === type);
}

/** `lastTransitionTime` moves with the status alone, `lastUpdateTime` whenever the condition is set. */
export function withCondition(
  conditions: readonly JsonObject[],
  set: Condition,
  now: string,
  hasUpdateTime: boolean,
): JsonObject[] {
  const old = conditions.find((condition) => condition['type'] === set.type);
  if (old !== undefined && old['status'] === set.status && old['reason'] === set.reason && !hasUpdateTime)
    return [...conditions];
  const transition = old !== undefined && old['status'] === set.status ? old['lastTransitionTime'] : now;
  const made: JsonObject = {
    type: set.type,
    status: set.status,
    ...(hasUpdateTime ? { lastUpdateTime: now } : {}),
    lastTransitionTime: transition,
    reason: set.reason,
    message: set.message,
  };
  return [...conditions.filter((condition) => condition !== old), made];
}
