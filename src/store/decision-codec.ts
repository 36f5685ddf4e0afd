/** Decisions as bytes: JSON, deflated, since a decision over 1,000 services is half a megabyte of repetition. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Decision } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import { UnreadableRow } from './rows.ts';

/** Fastest level: a large decision takes about 5 ms. */
const LEVEL = 1;

export function encodeDecision(decision: Decision): Uint8Array {
  return deflateRawSync(JSON.stringify(decision, keepNonFinite), { level: LEVEL });
}

/** Throws an UnreadableRow when the bytes are no decision. */
export function decodeDecision(bytes: Uint8Array): Decision {
  const value = parsed(bytes);
  if (isDecision(value)) return value;
  throw new UnreadableRow('the history holds a decision that cannot be read');
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(inflateRawSync(bytes).toString('utf8'), reviveNonFinite);
  } catch (thrown) {
    throw new UnreadableRow(`the history holds a decision that cannot be read: ${messageOf(thrown)}`);
  }
}

/** JSON has no Infinity and no NaN. The mark cannot be in a name: names have no control characters. */
const MARK = '\u0000';

function keepNonFinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? `${MARK}${value}` : value;
}

function reviveNonFinite(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(1)) : value;
}

/** The bytes are our own: this tells a decision from something else, it does not check its every field. */
function isDecision(value: unknown): value is Decision {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    'atSeconds' in value &&
    'services' in value &&
    Array.isArray(value.services) &&
    'chains' in value &&
    Array.isArray(value.chains)
  );
}
