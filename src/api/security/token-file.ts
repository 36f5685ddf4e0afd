import { readFileSync, statSync } from 'node:fs';
import { ConfigError, messageOf } from '../../models/errors.ts';
import type { Logger } from '../../models/ports.ts';
import { readTokens, TOKENS_ALLOWED, type TokenReading, type TokenSet } from './token-set.ts';

/** Time between two looks at the file, ms. */
const LOOK_EVERY_MS = 1000;
const LARGEST_FILE = 1024 * 1024;

export interface TokenFileOptions {
  readonly path: string;
  /** The key that names the file, for messages. */
  readonly key: string;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** ms that only grow. */
  readonly nowMs?: () => number;
}

/**
 * Tokens of a file that is read again when it has changed: tokens are replaced without a restart, as a mounted Secret
 * does it. A changed file that cannot be used leaves the tokens from before it good, and is told in the log.
 */
export class TokenFile {
  readonly #options: TokenFileOptions;
  readonly #nowMs: () => number;
  #version: string;
  #tokens: TokenSet;
  #lookedMs: number;

  /** Throws a ConfigError when the file cannot be used at the start. */
  constructor(options: TokenFileOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#lookedMs = this.#nowMs();
    this.#version = versionOf(options.path);
    const reading = readFile(options.path);
    if (reading.kind === 'unusable') throw unusable(options, reading.found);
    this.#tokens = reading.tokens;
  }

  get tokens(): TokenSet {
    const now = this.#nowMs();
    if (now - this.#lookedMs < LOOK_EVERY_MS) return this.#tokens;
    this.#lookedMs = now;
    const version = versionOf(this.#options.path);
    if (version !== this.#version) this.#readAgain(version);
    return this.#tokens;
  }

  #readAgain(version: string): void {
    const { path, key, logger } = this.#options;
    this.#version = version;
    const reading = readFile(path);
    if (reading.kind === 'tokens') {
      this.#tokens = reading.tokens;
      logger.info({ file: path, tokens: reading.tokens.size }, 'tokens read again');
      return;
    }
    const { found } = reading;
    logger.error(
      { file: path, found, allowed: TOKENS_ALLOWED },
      `${key}: tokens not taken, the old ones stay`,
    );
  }
}

/** Differs when the file was written, replaced or removed. */
function versionOf(path: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return 'absent';
  }
}

function readFile(path: string): TokenReading {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_FILE) return { kind: 'unusable', found: `a file of ${size} bytes` };
    return readTokens(readFileSync(path, 'utf8'));
  } catch (error) {
    return { kind: 'unusable', found: `a file that cannot be read (${messageOf(error)})` };
  }
}

function unusable({ path, key }: TokenFileOptions, found: string): ConfigError {
  return new ConfigError([{ source: path, path: key, found, allowed: TOKENS_ALLOWED }]);
}
