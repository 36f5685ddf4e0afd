import type { UndoOutcome } from '../../models/changes.ts';
import type { ControlParts } from '../parts.ts';

/** As many changes of a service are looked through; more failed ones in a row are for a person to look at. */
const CHANGES_LOOKED_AT = 100;

/** Puts back what the service ran with before its latest applied change. */
export async function undo({ store, executor }: ControlParts, service: string): Promise<UndoOutcome> {
  const changes = store.loadChanges({ service, limit: CHANGES_LOOKED_AT });
  const applied = changes.find(({ status }) => status === 'applied');
  if (applied === undefined) return { kind: 'not-undone', reason: `nothing was applied to ${service}` };
  return { kind: 'not-undone', reason: executor.idleBecause ?? 'changes are not made by this version' };
}
