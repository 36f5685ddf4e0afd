import type { SimulationListener } from './queue-simulator.ts';
import type { SimulatedSystem } from './shipped-system.ts';

export interface RecordBatchOptions {
  readonly system: SimulatedSystem;
  /** The daemon's clock at simulated time 0, Unix s. */
  readonly originSeconds: number;
  /** Whether visits tell the CPU that they burned. */
  readonly withCpu: boolean;
}

/** Writes what the simulation tells as the lines of a POST /requests. */
export class RecordBatch implements SimulationListener {
  readonly #options: RecordBatchOptions;
  #lines = '';
  #records = 0;

  constructor(options: RecordBatchOptions) {
    this.#options = options;
  }

  onVisit(
    service: number,
    chain: number,
    responseSeconds: number,
    completedSeconds: number,
    cpuSeconds: number,
    failed: boolean,
  ): void {
    const { services } = this.#options.system;
    const cpu = this.#options.withCpu ? `,"cpu_seconds":${cpuSeconds.toFixed(6)}` : '';
    this.#add(
      `"service_id":"${services[service]!.id}",`,
      chain,
      responseSeconds,
      completedSeconds,
      cpu,
      failed,
    );
  }

  onRequest(chain: number, responseSeconds: number, completedSeconds: number, failed: boolean): void {
    this.#add('', chain, responseSeconds, completedSeconds, '', failed);
  }

  /** The records since the last call. */
  take(): { readonly lines: string; readonly records: number } {
    const taken = { lines: this.#lines, records: this.#records };
    this.#lines = '';
    this.#records = 0;
    return taken;
  }

  #add(
    service: string,
    chain: number,
    responseSeconds: number,
    completedSeconds: number,
    cpu: string,
    failed: boolean,
  ): void {
    const { system, originSeconds } = this.#options;
    const timestamp = (originSeconds + completedSeconds).toFixed(3);
    const error = failed ? ',"is_error":true' : '';
    this.#lines += `{${service}"chain_id":"${system.chains[chain]!.id}","response_time":${responseSeconds.toFixed(6)},"timestamp":${timestamp}${cpu}${error}}\n`;
    this.#records++;
  }
}
