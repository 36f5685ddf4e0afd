import type { PrometheusAccess } from '../../models/prometheus-settings.ts';
import { SourceFault } from './source-fault.ts';
import { WatchedFile } from './watched-file.ts';

/** What says who we are, read anew for each query. */
export class Credentials {
  readonly #access: PrometheusAccess;
  readonly #token: WatchedFile | undefined;
  readonly #password: WatchedFile | undefined;

  constructor(access: PrometheusAccess) {
    this.#access = access;
    this.#token = access.tokenFile === undefined ? undefined : new WatchedFile(access.tokenFile);
    const password = access.basic?.password;
    this.#password =
      password !== undefined && 'file' in password ? new WatchedFile(password.file) : undefined;
  }

  /** Throws a SourceFault when a file cannot be read or holds what no header can. */
  headers(): Record<string, string> {
    const told = [...this.#access.headers].map(([name, value]) => [name.toLowerCase(), value.reveal()]);
    const authorization = this.#authorization();
    return { ...Object.fromEntries(told), ...(authorization !== undefined && { authorization }) };
  }

  /** The text without any of the secrets: a server may send back what it was sent. */
  withoutSecrets(text: string): string {
    return this.#secrets().reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
  }

  #authorization(): string | undefined {
    if (this.#token !== undefined) return `Bearer ${oneLine(this.#token.read(), 'the token')}`;
    const { basic } = this.#access;
    if (basic === undefined) return undefined;
    return `Basic ${Buffer.from(`${basic.username}:${this.#basicPassword()}`).toString('base64')}`;
  }

  #basicPassword(): string {
    if (this.#password !== undefined) return oneLine(this.#password.read(), 'the password');
    const password = this.#access.basic?.password;
    return password !== undefined && 'reveal' in password ? password.reveal() : '';
  }

  #secrets(): string[] {
    const sent = Object.values(this.headers());
    const words = sent.flatMap((value) => [value, ...value.split(' ').slice(1)]);
    const known = [...words, ...(this.#access.basic === undefined ? [] : [this.#basicPassword()])];
    // The longest first: one may be a part of another.
    return known.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  }
}

/** A file often ends in a new line that is no part of the secret. */
function oneLine(text: string, what: string): string {
  const trimmed = text.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new SourceFault(`${what} in the file is not one line of printable ASCII`);
}
