/** Reads newline-delimited JSON as it arrives; never holds more than one line. */

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { show } from '../faults.ts';
import { withoutByteOrderMark } from '../json-values.ts';
import type { RecordTally } from './tally.ts';

/** Characters of one line. */
export const LONGEST_LINE = 65_536;

/** Takes each line into the tally. Rejects when the connection breaks; what came before that stays counted. */
export async function readNdjson(body: Readable, tally: RecordTally): Promise<void> {
  const lines = new LineReader(tally);
  const decoder = new StringDecoder('utf8');
  for await (const chunk of body) lines.push(typeof chunk === 'string' ? chunk : decoder.write(chunk));
  lines.push(decoder.end());
  lines.end();
}

class LineReader {
  readonly #tally: RecordTally;
  #rest = '';
  #isFirst = true;
  /** The line under way is too long: skip to its end. */
  #skipping = false;

  constructor(tally: RecordTally) {
    this.#tally = tally;
  }

  push(chunk: string): void {
    const text = this.#isFirst ? withoutByteOrderMark(chunk) : chunk;
    this.#isFirst &&= chunk === '';
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#line(this.#rest + text.slice(start, end));
      this.#rest = '';
      start = end + 1;
    }
    this.#keep(text.slice(start));
  }

  /** The last line needs no newline; half a line does not parse and is rejected as such. */
  end(): void {
    this.#line(this.#rest);
    this.#rest = '';
  }

  #keep(rest: string): void {
    if (this.#skipping) return;
    if (this.#rest.length + rest.length <= LONGEST_LINE) {
      this.#rest += rest;
      return;
    }
    this.#rejectLong();
    this.#rest = '';
    this.#skipping = true;
  }

  #line(line: string): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    if (line.length > LONGEST_LINE) this.#rejectLong();
    else if (/\S/.test(line)) this.#record(line);
  }

  #record(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#tally.rejectMalformed(() => [
        {
          where: 'line',
          found: `${show(line)}, which is not JSON`,
          allowed: 'one whole JSON object a line',
        },
      ]);
      return;
    }
    this.#tally.take(value);
  }

  #rejectLong(): void {
    this.#tally.rejectMalformed(() => [
      {
        where: 'line',
        found: `more than ${LONGEST_LINE} characters`,
        allowed: `lines of at most ${LONGEST_LINE} characters`,
      },
    ]);
  }
}
