import type { PrometheusSettings } from '../../models/prometheus-settings.ts';
import { Connection } from './connection.ts';
import { type RangeSeries, readRangeAnswer } from './range-answer.ts';
import { SourceFault } from './source-fault.ts';

/** Points at `firstSeconds + i × step`, i from 0 to count − 1. */
export interface StepRange {
  readonly firstSeconds: number;
  readonly count: number;
  readonly step: number;
}

/** Asks range queries, one after the other over one connection. */
export class RangeClient {
  readonly #settings: PrometheusSettings;
  readonly #connection: Connection;
  /** Bytes of the answers so far, and of the largest one since `takeLargest`. */
  bytesRead = 0;
  #largest = 0;

  constructor(settings: PrometheusSettings) {
    this.#settings = settings;
    this.#connection = new Connection(settings);
  }

  /** The series of a query that is called `name` in messages. Throws a SourceFault. */
  async ask(
    name: string,
    query: string,
    range: StepRange,
    signal: AbortSignal,
  ): Promise<readonly RangeSeries[]> {
    try {
      const { status, body } = await this.#connection.post(
        '/api/v1/query_range',
        formOf(query, range, this.#settings),
        signal,
      );
      this.bytesRead += body.length;
      this.#largest = Math.max(this.#largest, body.length);
      const { series, warnings } = readRangeAnswer(status, body);
      if (warnings.length === 0 || this.#settings.partialAnswers === 'accept') return series;
      throw new SourceFault(`data may be missing: ${warnings.join('; ')} (partial_answers: refuse)`);
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      throw new SourceFault(this.#connection.withoutSecrets(`${name}: ${error.message}`));
    }
  }

  /** Size of the largest answer since the last call, bytes. */
  takeLargest(): number {
    const largest = this.#largest;
    this.#largest = 0;
    return largest;
  }

  close(): void {
    this.#connection.close();
  }
}

function formOf(query: string, { firstSeconds, count, step }: StepRange, settings: PrometheusSettings) {
  return {
    query,
    start: `${firstSeconds}`,
    end: `${firstSeconds + (count - 1) * step}`,
    step: `${step}`,
    timeout: `${settings.timeout}s`,
  };
}
