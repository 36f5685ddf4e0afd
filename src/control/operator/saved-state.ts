/** The operator's state as it stands on disk: JSON, `{ paused?: { sinceSeconds, reason }, modes: { service: mode } }`. */

import type { OperatorState } from '../../models/daemon.ts';
import { AVAILABLE_MODES, type ServiceMode } from '../../models/data-models.ts';
import type { Pause } from '../../models/settings.ts';

export function encodeState({ paused, modes }: OperatorState): Uint8Array {
  return Buffer.from(JSON.stringify({ paused, modes: Object.fromEntries(modes) }));
}

/** Undefined when the bytes are no such state. */
export function decodeState(bytes: Uint8Array): OperatorState | undefined {
  try {
    return stateOf(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}

function stateOf(value: unknown): OperatorState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { paused, modes }: { paused?: unknown; modes?: unknown } = value;
  if (typeof modes !== 'object' || modes === null) return undefined;
  const entries = Object.entries(modes).filter((entry): entry is [string, ServiceMode] => isMode(entry[1]));
  if (paused === undefined) return { modes: new Map(entries) };
  return isPause(paused) ? { modes: new Map(entries), paused } : undefined;
}

function isMode(value: unknown): value is ServiceMode {
  return AVAILABLE_MODES.some((mode) => mode === value);
}

function isPause(value: unknown): value is Pause {
  if (typeof value !== 'object' || value === null) return false;
  const { sinceSeconds, reason }: { sinceSeconds?: unknown; reason?: unknown } = value;
  return typeof sinceSeconds === 'number' && typeof reason === 'string';
}
