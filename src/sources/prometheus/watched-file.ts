import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../models/errors.ts';
import { SourceFault } from './source-fault.ts';

/** A small file that is read again when it changed: tokens and certificates are renewed under a running daemon. */
export class WatchedFile {
  readonly #path: string;
  #version = '';
  #text = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws a SourceFault that names the file when it cannot be read. */
  read(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      const version = `${mtimeMs}/${size}/${ino}`;
      if (version !== this.#version) {
        this.#text = readFileSync(this.#path, 'utf8');
        this.#version = version;
      }
      return this.#text;
    } catch (error) {
      throw new SourceFault(`${this.#path} cannot be read: ${messageOf(error)}`);
    }
  }
}
