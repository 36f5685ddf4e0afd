import type { RecordOutcome, TrafficIntake } from '../../src/models/ports.ts';

/** Writes records down as lines of NDJSON, in place of taking them in. */
export class LineIntake implements TrafficIntake {
  #lines: string[] = [];

  recordRequest(
    service: string,
    chain: string,
    responseTime: number,
    isError?: boolean,
    timestampSeconds?: number,
    count?: number,
    cpuSeconds?: number,
  ): RecordOutcome {
    return this.#write({
      service_id: service,
      chain_id: chain,
      response_time: responseTime,
      is_error: isError,
      timestamp: timestampSeconds,
      count,
      cpu_seconds: cpuSeconds,
    });
  }

  recordEndToEnd(
    chain: string,
    responseTime: number,
    isError?: boolean,
    timestampSeconds?: number,
    count?: number,
  ): RecordOutcome {
    return this.#write({
      chain_id: chain,
      response_time: responseTime,
      is_error: isError,
      timestamp: timestampSeconds,
      count,
    });
  }

  /** The lines since the last call. */
  take(): string {
    const lines = this.#lines.join('\n');
    this.#lines = [];
    return lines;
  }

  #write(record: object): RecordOutcome {
    this.#lines.push(JSON.stringify(record));
    return 'accepted';
  }
}
