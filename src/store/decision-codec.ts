/** Decisions as bytes: JSON, deflated, since a decision over 1,000 services is half a megabyte of repetition. */
import { deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { Decision } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import { UnreadableRow } from './rows.ts';

/** Fastest level: a large decision takes about 5 ms. */
const LEVEL = 1;

export function encodeDecision(decision: Decision): Uint8Array {
  return deflateSync(JSON.stringify(decision, keepNonFinite), { level: LEVEL });
}

/** Throws an UnreadableRow when the bytes are no decision. */
export function decodeDecision(bytes: Uint8Array): Decision {
  const value = parsed(bytes);
  if (isDecision(value)) return value;
  throw new UnreadableRow('the history holds a decision that cannot be read');
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(inflated(bytes).toString('utf8'), reviveNonFinite);
  } catch (thrown) {
    throw new UnreadableRow(`the history holds a decision that cannot be read: ${messageOf(thrown)}`);
  }
}

/** The zlib format ends in a checksum, without which a flipped bit can rename a key. Older files hold bare deflate. */
function inflated(bytes: Uint8Array): Buffer {
  return bytes[0] === ZLIB_MARK ? inflateSync(bytes) : inflateRawSync(bytes);
}

/** First byte of the zlib format with its usual window (RFC 1950); bare deflate of level 1 never begins so. */
const ZLIB_MARK = 0x78;

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
