import { ConfigError } from '../../models/errors.ts';
import type { Logger } from '../../models/ports.ts';
import type { AuthSettings } from '../../models/settings.ts';
import { TokenFile } from './token-file.ts';
import { readTokens, TOKENS_ALLOWED, type TokenSet } from './token-set.ts';

/** `operator`: good for everything; `intake`: good for telling traffic and use, and for nothing else. */
export type TokenRole = 'operator' | 'intake';

/** The tokens that are good now. Throws a ConfigError when there is a source of tokens that cannot be used. */
export class TokenBook {
  readonly #sources: readonly { readonly role: TokenRole; readonly tokens: () => TokenSet }[];

  constructor({ tokenFile, intakeTokenFile, token }: AuthSettings, logger: Pick<Logger, 'info' | 'error'>) {
    const ofFile = (role: TokenRole, key: string, path: string | undefined) => {
      if (path === undefined) return [];
      const file = new TokenFile({ path, key, logger });
      return [{ role, tokens: () => file.tokens }];
    };
    this.#sources = [
      ...ofFile('operator', 'server.auth.token_file', tokenFile),
      ...(token === undefined ? [] : [ofEnvironment(token.reveal())]),
      ...ofFile('intake', 'server.auth.intake_token_file', intakeTokenFile),
    ];
  }

  roleOf(token: string): TokenRole | undefined {
    return this.#sources.find(({ tokens }) => tokens().has(token))?.role;
  }
}

function ofEnvironment(text: string) {
  const reading = readTokens(text);
  if (reading.kind === 'unusable') {
    const { found } = reading;
    throw new ConfigError([{ source: 'environment', path: 'DTA_SLO_TOKEN', found, allowed: TOKENS_ALLOWED }]);
  }
  return { role: 'operator' as const, tokens: () => reading.tokens };
}
