import type { DaemonClient, IntakeAnswer } from './daemon-client.ts';
import { percentile } from './statistics.ts';

export interface DeliveryReport {
  readonly records: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Empty when nothing was rejected. */
  readonly firstError: string;
  readonly posts: number;
  readonly medianPostMs: number;
  readonly p99PostMs: number;
  /** Of all calls, not of posts alone. */
  readonly slowestCall: string;
  readonly slowestCallMs: number;
}

/** Sends batches one after the other, and lets the next be made while one is under way. */
export class Delivery {
  readonly #client: DaemonClient;
  #underWay: Promise<IntakeAnswer> | undefined;
  #records = 0;
  #accepted = 0;
  #rejected = 0;
  #firstError = '';

  constructor(client: DaemonClient) {
    this.#client = client;
  }

  /** Resolves when the batch before this one has been answered. */
  async send({ lines, records }: { readonly lines: string; readonly records: number }): Promise<void> {
    await this.finish();
    if (records === 0) return;
    this.#records += records;
    const answer = this.#client.postRecords(lines, records);
    // A failure is thrown by `finish`; until then nobody listens, and that is not an unhandled rejection.
    answer.catch(() => {});
    this.#underWay = answer;
  }

  async finish(): Promise<void> {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay === undefined) return;
    const { accepted, rejected, firstError } = await underWay;
    this.#accepted += accepted;
    this.#rejected += rejected;
    if (this.#firstError === '') this.#firstError = firstError;
  }

  report(): DeliveryReport {
    const { postMs, slowestCall, slowestMs } = this.#client;
    return {
      records: this.#records,
      accepted: this.#accepted,
      rejected: this.#rejected,
      firstError: this.#firstError,
      posts: postMs.length,
      medianPostMs: percentile(postMs, 0.5),
      p99PostMs: percentile(postMs, 0.99),
      slowestCall,
      slowestCallMs: slowestMs,
    };
  }
}
