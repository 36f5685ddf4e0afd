/** The decisions, newest first by the order in which they were saved. */
import type { Decision, ServiceDecision } from '../models/decisions.ts';
import type { DecisionQuery } from '../models/history.ts';
import type { Connection } from './connection.ts';
import { decodeDecision, encodeDecision } from './decision-codec.ts';
import { bytes, bytesAt, numberAt } from './rows.ts';

export function decisionTable(connection: Connection) {
  const insert = connection
    .prepare(
      `INSERT INTO decisions (id, at, body) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body RETURNING number`,
    )
    .raw();
  const forget = connection.prepare('DELETE FROM decision_changes WHERE number = ?');
  const change = connection.prepare('INSERT OR IGNORE INTO decision_changes (service, number) VALUES (?, ?)');
  const newest = connection
    .prepare(`SELECT ${bytes('body')} FROM decisions WHERE number < ${BEFORE} ORDER BY number DESC LIMIT ?`)
    .raw();
  const newestOfService = connection
    .prepare(
      `SELECT ${bytes('body')} FROM decision_changes JOIN decisions USING (number)
       WHERE number < ${BEFORE} AND service = ? ORDER BY number DESC LIMIT ?`,
    )
    .raw();
  const prune = connection.prepare(
    'DELETE FROM decisions WHERE at < ? AND number < (SELECT max(number) FROM decisions)',
  );

  return {
    /** To be called in a transaction. */
    save(decision: Decision): void {
      const number = numberAt(insert.get([decision.id, decision.atSeconds, encodeDecision(decision)]), 0);
      forget.run([number]);
      for (const service of decision.services.filter(isChange)) change.run([service.id, number]);
    },
    load({ limit, before, service }: DecisionQuery): readonly unknown[] {
      const from = before ?? null;
      return service === undefined
        ? newest.all([from, from, limit])
        : newestOfService.all([from, from, service, limit]);
    },
    /** Keeps the newest, however old: a restart goes on from it. */
    prune: (beforeSeconds: number) => prune.run([beforeSeconds]),
  };
}

/** Throws an UnreadableRow. */
export function toDecision(row: unknown): Decision {
  return decodeDecision(bytesAt(row, 0));
}

/** The number of the decision with an id; above all numbers without an id; NULL, which nothing is below, for an unknown one. */
const BEFORE = 'iif(? IS NULL, 9e18, (SELECT number FROM decisions WHERE id = ?))';

function isChange({ status }: ServiceDecision): boolean {
  return status === 'grow' || status === 'shrink' || status === 'reshape';
}
