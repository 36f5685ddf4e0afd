/** What the services were told to run with, and since when, in the order in which it was told. */
import type { CapacitySource } from '../models/data-models.ts';
import type { StoredCapacity } from '../models/history.ts';
import type { Connection } from './connection.ts';
import { number, numberAt, numberOrNaNAt, text, textAt, UnreadableRow } from './rows.ts';

/** Of each service the one told last that began at or before a time still held then. */
const HELD_AT =
  'SELECT max(number) FROM capacities AS earlier WHERE earlier.service = capacities.service AND since <= ?';

const COLUMNS = [
  text('service'),
  ...['since', 'cpu', 'memory', 'instances'].map(number),
  text('source'),
  number('cpu_limit'),
].join(', ');

export function capacityTable(connection: Connection) {
  const insert = connection.prepare(
    'INSERT OR REPLACE INTO capacities (service, since, cpu, memory, instances, source, cpu_limit) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const select = connection
    .prepare(
      `SELECT ${COLUMNS} FROM capacities
       WHERE number >= ifnull((${HELD_AT}), 0) ORDER BY service, number`,
    )
    .raw();
  const prune = connection.prepare(`DELETE FROM capacities WHERE number < (${HELD_AT})`);

  return {
    save({ service, sinceSeconds, cpu, memory, instances, source, cpuLimit }: StoredCapacity): void {
      insert.run([service, sinceSeconds, cpu, memory, instances, source, cpuLimit ?? null]);
    },
    load: (sinceSeconds: number): readonly unknown[] => select.all([sinceSeconds]),
    /** Keeps for each service the one that was in force at that time. */
    prune: (beforeSeconds: number) => prune.run([beforeSeconds]),
  };
}

/** Throws an UnreadableRow. */
export function toCapacity(row: unknown): StoredCapacity {
  const cpuLimit = numberOrNaNAt(row, 6);
  return {
    service: textAt(row, 0),
    sinceSeconds: numberAt(row, 1),
    cpu: numberAt(row, 2),
    memory: numberAt(row, 3),
    instances: numberAt(row, 4),
    source: toSource(textAt(row, 5)),
    ...(Number.isNaN(cpuLimit) ? {} : { cpuLimit }),
  };
}

function toSource(source: string): CapacitySource {
  if (source === 'cluster' || source === 'applied' || source === 'recommendation' || source === 'initial')
    return source;
  throw new UnreadableRow(`the history holds the unknown capacity source ${JSON.stringify(source)}`);
}
