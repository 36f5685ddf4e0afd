import { closeSync, openSync, writeSync } from 'node:fs';
import type { QuantileRows } from '../../src/components/traffic-predictor/backtest/quantile-rows.ts';
import { LEVELS } from '../../src/components/traffic-predictor/mixture/levels.ts';
import type { ChainSeries } from '../../src/models/metrics.ts';

/** A file of what was served: one JSON line per origin and step ahead. */
export class Dump {
  readonly #file: number;

  /** Empties the file. */
  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write({ chain, startSeconds, stepSeconds }: ChainSeries, served: Required<QuantileRows>): void {
    const { horizon, quantiles, maximum95 } = served;
    served.origins.forEach((origin, i) => {
      const lines = Array.from({ length: horizon }, (_, h) =>
        JSON.stringify({
          trace: chain,
          origin: startSeconds + origin * stepSeconds,
          step_ahead: h + 1,
          quantiles: Object.fromEntries(
            LEVELS.map((level, q) => [level, quantiles[(i * horizon + h) * LEVELS.length + q]]),
          ),
          'max_quantile_0.95': maximum95[i * horizon + h],
        }),
      );
      writeSync(this.#file, `${lines.join('\n')}\n`);
    });
  }

  close(): void {
    closeSync(this.#file);
  }
}
