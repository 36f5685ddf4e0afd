/** The changes that were asked of the executor, newest first by the order in which they were begun. */
import type { ChangeRecord } from '../models/changes.ts';
import type { ChangeQuery } from '../models/history.ts';
import type { Connection } from './connection.ts';
import { text, textAt, UnreadableRow } from './rows.ts';

/** A body that is no JSON is of no status, and no reason to answer nothing of the others. */
const STATUS_IS_ONE_OF = `CASE WHEN json_valid(body) THEN json_extract(body, '$.status') END
  IN (SELECT value FROM json_each(?))`;

export function changeTable(connection: Connection) {
  const insert = connection.prepare(
    `INSERT INTO changes (decision, service, at, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (decision, service) DO UPDATE SET body = excluded.body`,
  );
  const forget = connection.prepare('DELETE FROM changes WHERE decision = ? AND service = ?');
  const newest = (where = '') =>
    connection.prepare(`SELECT ${text('body')} FROM changes ${where} ORDER BY number DESC LIMIT ?`).raw();
  const ofAll = newest();
  const ofService = newest('WHERE service = ?');
  const ofStatuses = newest(`WHERE ${STATUS_IS_ONE_OF}`);
  const ofServiceAndStatuses = newest(`WHERE service = ? AND ${STATUS_IS_ONE_OF}`);
  const prune = connection.prepare(
    `DELETE FROM changes WHERE at < ?
     AND number < (SELECT max(number) FROM changes AS newer WHERE newer.service = changes.service)`,
  );

  return {
    save(change: ChangeRecord): void {
      // Begun again it comes after all that was begun since: its row would keep the old place.
      if (change.status === 'writing') forget.run([change.decision, change.service]);
      insert.run([change.decision, change.service, change.atSeconds, JSON.stringify(change)]);
    },
    load({ limit, service, statuses }: ChangeQuery): readonly unknown[] {
      if (statuses === undefined)
        return service === undefined ? ofAll.all([limit]) : ofService.all([service, limit]);
      const wanted = JSON.stringify(statuses);
      return service === undefined
        ? ofStatuses.all([wanted, limit])
        : ofServiceAndStatuses.all([service, wanted, limit]);
    },
    /** Keeps the newest of each service, however old: an undo goes on from it. */
    prune: (beforeSeconds: number) => prune.run([beforeSeconds]),
  };
}

/** Throws an UnreadableRow. */
export function toChange(row: unknown): ChangeRecord {
  const value = parsed(textAt(row, 0));
  if (isChange(value)) return value;
  throw new UnreadableRow('the history holds a change that cannot be read');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The text is our own: this tells a change from something else, it does not check its every field. */
function isChange(value: unknown): value is ChangeRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'service' in value &&
    'decision' in value &&
    'status' in value &&
    'to' in value
  );
}
