/** A client that behaves, beside those that do not: how it is served. */
import { readdirSync, readFileSync } from 'node:fs';
import { call, pause } from '../kit.ts';

export interface Served {
  readonly calls: number;
  readonly failed: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

/** Posts one record, and asks for the allocations now and then, until it is told to end. */
export class GoodClient {
  readonly #url: string;
  readonly #times: number[] = [];
  #failed = 0;
  #over = false;
  readonly #running: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#run();
  }

  async end(): Promise<Served> {
    this.#over = true;
    await this.#running;
    const sorted = [...this.#times].sort((left, right) => left - right);
    const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))]! * 10) / 10;
    return {
      calls: sorted.length,
      failed: this.#failed,
      medianMs: at(0.5),
      p99Ms: at(0.99),
      slowestMs: at(1),
    };
  }

  async #run(): Promise<void> {
    const record = { service_id: 'auth-service', chain_id: 'order-processing', response_time: 0.02 };
    for (let index = 0; !this.#over; index += 1) {
      const start = performance.now();
      const isServed = await (index % 10 === 9
        ? call(this.#url, 'GET', '/allocations')
        : call(this.#url, 'POST', '/requests', record)
      ).then(
        ({ status }) => status < 300,
        () => false,
      );
      if (!isServed) this.#failed += 1;
      this.#times.push(performance.now() - start);
      await pause(10);
    }
  }
}

/** The most memory that the process has ever had resident, MiB. */
export function peakMebibytes(pid: number): number {
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
