/** Counts the records of one body: what was taken, and the faults of what was not. */
import type { Daemon } from '../../models/daemon.ts';
import { type Fault, sentenceOf } from '../faults.ts';
import { checkerOf } from '../validation.ts';
import { explainOutcome } from './outcomes.ts';
import { intakeRecord, isTrafficRecord, TrafficRecord } from './record.ts';

/** Rejections beyond these are only counted. */
export const MOST_REPORTED = 100;

/** Faults that are told of one record. */
const MOST_FAULTS = 3;

const recordChecker = checkerOf(TrafficRecord);

/** Records that never reached the monitor, since they were none. */
export interface MalformedCounter {
  malformed: number;
}

export interface Rejection {
  readonly index: number;
  readonly faults: readonly Fault[];
}

export class RecordTally {
  accepted = 0;
  rejectedCount = 0;
  /** The first rejections, at most `MOST_REPORTED`. */
  readonly rejections: Rejection[] = [];
  readonly #daemon: Daemon;
  readonly #counter: MalformedCounter;
  #index = 0;

  constructor(daemon: Daemon, counter: MalformedCounter) {
    this.#daemon = daemon;
    this.#counter = counter;
  }

  /** Takes the next record of the body. */
  take(value: unknown): void {
    if (!isTrafficRecord(value)) {
      this.rejectMalformed(() => recordFaults(value));
      return;
    }
    const outcome = intakeRecord(this.#daemon.intake, value);
    if (outcome === 'accepted') {
      this.accepted += 1;
      this.#index += 1;
      return;
    }
    const { settings, clock } = this.#daemon;
    this.#reject(() => [
      explainOutcome(outcome, { record: value, settings, nowSeconds: clock.nowSeconds() }),
    ]);
  }

  /** Counts the next record of the body as one that could not be read. */
  rejectMalformed(explain: () => readonly Fault[]): void {
    this.#counter.malformed += 1;
    this.#reject(explain);
  }

  /** The rejections as they are answered. */
  rejected(): { index: number; error: string }[] {
    return this.rejections.map(({ index, faults }) => ({ index, error: faults.map(sentenceOf).join('; ') }));
  }

  #reject(explain: () => readonly Fault[]): void {
    if (this.rejections.length < MOST_REPORTED)
      this.rejections.push({ index: this.#index, faults: explain() });
    this.rejectedCount += 1;
    this.#index += 1;
  }
}

/** The first few faults of a record; one that is no object at all has a place too. */
function recordFaults(value: unknown): readonly Fault[] {
  const faults = recordChecker.faults(value, '').slice(0, MOST_FAULTS);
  return faults.map((fault) => (fault.where === '' ? { ...fault, where: 'record' } : fault));
}
