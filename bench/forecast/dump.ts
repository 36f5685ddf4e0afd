import { closeSync, openSync, writeSync } from 'node:fs';
import { LEVELS } from '../../src/components/traffic-predictor/mixture/levels.ts';
import type { ChainSeries } from '../../src/models/metrics.ts';
import { originCount, type Spoken } from './scores.ts';

/** A file of what was served: one JSON line per origin and step ahead. */
export class Dump {
  readonly #file: number;

  /** Empties the file. */
  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(series: ChainSeries, firstOrigin: number, horizon: number, served: Spoken): void {
    for (let origin = 0; origin < originCount({ ...series, firstOrigin }); origin++) {
      const lines = Array.from({ length: horizon }, (_, h) =>
        JSON.stringify({
          trace: series.chain,
          origin: series.startSeconds + (firstOrigin + origin) * series.stepSeconds,
          step_ahead: h + 1,
          quantiles: Object.fromEntries(
            LEVELS.map((level, q) => [level, served.quantiles[(origin * horizon + h) * LEVELS.length + q]]),
          ),
          'max_quantile_0.95': served.maxima95?.[origin * horizon + h],
        }),
      );
      writeSync(this.#file, `${lines.join('\n')}\n`);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
