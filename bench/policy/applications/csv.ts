/** Comma-separated values as RFC 4180 has them, with a header line. Blank lines are nothing. */
import { readFileSync } from 'node:fs';

/** A row by the names of the header, without the spaces around its cells, and where it stands. */
export interface CsvRow {
  readonly file: string;
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** The wanted columns are typed; others may stand beside them in any order. */
export type RowOf<Column extends string> = CsvRow & { readonly cells: Readonly<Record<Column, string>> };

export function readCsvFile<Column extends string>(
  file: string,
  columns: readonly Column[],
): RowOf<Column>[] {
  return parseCsv(file, readFileSync(file, 'utf8'), columns);
}

/**
 * @param file name for errors
 * @throws Error for a missing column, a row of another length, or a quote that does not end
 */
export function parseCsv<Column extends string>(
  file: string,
  text: string,
  columns: readonly Column[],
): RowOf<Column>[] {
  const [header, ...records] = recordsOf(file, text.replace(/^\uFEFF/, ''));
  const names = header?.fields ?? [];
  const places = columns.map((column) => names.indexOf(column));
  if (places.includes(-1)) {
    throw badInput({ file, line: header?.line ?? 1 }, `header "${names.join()}"`, columns.join());
  }
  return records.map(({ line, fields }) => {
    if (fields.length !== names.length) {
      throw badInput({ file, line }, `${fields.length} fields`, `${names.length}, as in the header`);
    }
    const cells = Object.fromEntries(columns.map((column, i) => [column, fields[places[i]!]!]));
    return { file, line, cells: typed(cells, columns) };
  });
}

/** An error that says where, what was found, and what is allowed. */
export function badInput(place: { file: string; line: number }, found: string, allowed: string): Error {
  return new Error(`${place.file}, line ${place.line}: found ${found}, allowed: ${allowed}`);
}

function typed<Column extends string>(
  cells: Record<string, string>,
  columns: readonly Column[],
): Record<Column, string> {
  const isComplete = (found: Record<string, string>): found is Record<Column, string> =>
    columns.every((column) => column in found);
  if (!isComplete(cells)) throw new Error('a column was lost');
  return cells;
}

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

const FIELD = /[^\S\r\n]*"((?:[^"]|"")*)"[^\S\r\n]*|([^",\r\n]*)/y;
const SEPARATOR = /,|\r\n|\n|\r|$/y;

function recordsOf(file: string, text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let begin = 1;
  let fields: string[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  for (let more = text.length > 0; more; ) {
    const field = take(FIELD);
    const separator = take(SEPARATOR);
    if (!field || !separator) {
      throw badInput(
        { file, line },
        text.slice(at, at + 20).split(/\r?\n/, 1)[0]!,
        'a comma, a line end, quotes in pairs',
      );
    }
    fields.push((field[1]?.replaceAll('""', '"') ?? field[2]!).trim());
    line += field[0].match(/\n/g)?.length ?? 0;
    if (separator[0] === ',') continue;
    if (fields.some((cell) => cell !== '')) records.push({ line: begin, fields });
    more = at < text.length;
    begin = ++line;
    fields = [];
  }
  return records;
}
