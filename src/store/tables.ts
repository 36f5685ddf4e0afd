/** The statements of one connection. */
import { bulkWriter } from './bulk-writer.ts';
import { capacityTable } from './capacity-table.ts';
import { changeTable } from './change-table.ts';
import type { Connection } from './connection.ts';
import { decisionTable } from './decision-table.ts';

export type Tables = ReturnType<typeof tablesOf>;

export function tablesOf(connection: Connection) {
  return {
    decisions: decisionTable(connection),
    capacities: capacityTable(connection),
    changes: changeTable(connection),
    writeWindows: bulkWriter(connection, 'windows', ['start', 'service', 'chain', 'payload']),
    writeSteps: bulkWriter(connection, 'steps', ['start', 'chain', 'rate', 'latency', 'error_ratio']),
    writeUsage: bulkWriter(connection, 'usage', ['at', 'service', 'cpu', 'memory', 'throttled']),
  };
}
