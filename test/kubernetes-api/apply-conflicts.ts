import { type FieldSet, wordedPath } from './field-sets.ts';
import type { Entry, Writer } from './managers.ts';
import { ApiError, type Cause } from './status.ts';

export interface FieldConflict {
  readonly entry: Entry;
  readonly path: string;
}

export const conflictsWith = (entry: Entry, changed: FieldSet): FieldConflict[] =>
  [...entry.fields].filter((path) => changed.has(path)).map((path) => ({ entry, path }));

export function conflictError(conflicts: readonly FieldConflict[], writer: Writer): ApiError {
  const causes: Cause[] = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${wordedManager(entry, writer)}`,
    field: wordedPath(path),
  }));
  return new ApiError(409, 'Conflict', conflictMessage(conflicts, writer), { causes });
}

function conflictMessage(conflicts: readonly FieldConflict[], writer: Writer): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${wordedManager(first.entry, writer)}: ${wordedPath(first.path)}`;
  const managers = [...new Set(conflicts.map(({ entry }) => wordedManager(entry, writer)))].sort();
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...conflicts
      .filter(({ entry }) => wordedManager(entry, writer) === manager)
      .map(({ path }) => `- ${wordedPath(path)}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

/** Through /scale all managers are seen to use its version. */
function wordedManager(entry: Entry, writer: Writer): string {
  const name =
    entry.subresource === ''
      ? JSON.stringify(entry.manager)
      : `${JSON.stringify(entry.manager)} with subresource ${JSON.stringify(entry.subresource)}`;
  if (entry.operation === 'Apply') return name;
  return `${name} using ${writer.subresource === 'scale' ? 'autoscaling/v1' : entry.apiVersion}`;
}
