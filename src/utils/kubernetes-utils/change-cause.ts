/** What `kubectl rollout history` shows as the cause of a revision. */
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** Who writes, as `managedFields` and conflicts name it. */
export const FIELD_MANAGER = 'dta-slo';

export function changeCause(decision: string, explanation: string): string {
  return `dta-slo ${decision}: ${explanation}`;
}
