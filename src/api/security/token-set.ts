/** Bearer tokens, kept as digests only: neither a dump of the memory nor a log line can give one away. */
import { hash, timingSafeEqual } from 'node:crypto';

const SHORTEST = 16;
const LONGEST = 4096;
/** `b64token` of RFC 6750, section 2.1. */
const CHARACTERS = /^[A-Za-z0-9\-._~+/]+=*$/;

export type TokenReading =
  | { readonly kind: 'tokens'; readonly tokens: TokenSet }
  /** `found` never holds any part of a token. */
  | { readonly kind: 'unusable'; readonly found: string };

export const TOKENS_ALLOWED = `one token a line, each of ${SHORTEST} to ${LONGEST} letters, digits and - . _ ~ + / (then =); lines that begin with # are comments`;

/** Reads tokens, one a line. Several are good at the same time, so that one can be replaced by another. */
export function readTokens(text: string): TokenReading {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const digests: Buffer[] = [];
  for (const [index, line] of lines.entries()) {
    const token = line.trim();
    if (token === '' || token.startsWith('#')) continue;
    if (token.length < SHORTEST || token.length > LONGEST || !CHARACTERS.test(token))
      return {
        kind: 'unusable',
        found: `a line ${index + 1} of ${token.length} characters that is no token`,
      };
    digests.push(digestOf(token));
  }
  if (digests.length === 0) return { kind: 'unusable', found: 'no token' };
  return { kind: 'tokens', tokens: new TokenSet(digests) };
}

export class TokenSet {
  readonly #digests: readonly Buffer[];

  constructor(digests: readonly Buffer[]) {
    this.#digests = digests;
  }

  get size(): number {
    return this.#digests.length;
  }

  /** Takes the same time for every token of the same length: all digests are compared, each as a whole. */
  has(token: string): boolean {
    const digest = digestOf(token);
    let found = false;
    for (const known of this.#digests) found = timingSafeEqual(known, digest) || found;
    return found;
  }
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
