import type { Draft } from '../draft.ts';
import type { GuardContext } from './guard-step.ts';

/** Where data are missing because their source cannot be read, the sentence says so. */
export function explainSourceTrouble(draft: Draft, { sourceTrouble }: GuardContext): Draft {
  if (draft.reason !== 'stale-data' && draft.reason !== 'no-data') return draft;
  const trouble = sourceTrouble(draft.service.id);
  return trouble === undefined ? draft : { ...draft, explanation: `${draft.explanation} ${trouble}` };
}
