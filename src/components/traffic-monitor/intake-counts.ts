import type { IntakeStats, RecordOutcome } from '../../models/ports.ts';

export type Rejection = Exclude<RecordOutcome, 'accepted'>;

/** A count of zero for every reason to reject a record. */
export function noRejections(): Record<keyof IntakeStats['rejected'], number> {
  return {
    'unknown-service': 0,
    'unknown-chain': 0,
    'chain-not-listed': 0,
    'invalid-id': 0,
    'invalid-response-time': 0,
    'invalid-count': 0,
    'invalid-cpu-seconds': 0,
    'invalid-timestamp': 0,
    'in-the-future': 0,
    'too-old': 0,
    'too-many-series': 0,
    'fed-by-source': 0,
  };
}
