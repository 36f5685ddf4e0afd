import { parseArgs } from 'node:util';
import type { NetworkShape } from '../../src/components/traffic-predictor/network/network-shape.ts';

export interface GruBenchOptions {
  readonly shape: NetworkShape;
  readonly batchSize: number;
  readonly rounds: number;
  readonly kernels: 'simd' | 'plain';
  /** Of TensorFlow.js; undefined: the fastest that starts. */
  readonly backend: string | undefined;
  readonly json: boolean;
}

/** Throws a RangeError, or a TypeError for a flag that is unknown. */
export function gruBenchOptions(args: readonly string[]): GruBenchOptions {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      units: { type: 'string', default: '32' },
      dense: { type: 'string' },
      batch: { type: 'string', default: '32' },
      steps: { type: 'string', default: '60' },
      features: { type: 'string', default: '3' },
      context: { type: 'string', default: '0' },
      horizon: { type: 'string', default: '10' },
      // Dense layers of 64 and 32, batch normalisation and dropout 0.2, as the original's network has them.
      original: { type: 'boolean', default: false },
      kernels: { type: 'string', default: 'simd' },
      backend: { type: 'string' },
      rounds: { type: 'string', default: '15' },
      json: { type: 'boolean', default: false },
    },
  });
  const shape = {
    sequenceLength: whole('steps', flags.steps),
    features: whole('features', flags.features),
    context: whole('context', flags.context, 0),
    horizon: whole('horizon', flags.horizon),
    quantiles: 4,
    units: wholes('units', flags.units),
    dense: wholes('dense', flags.dense ?? (flags.original ? '64,32' : '')),
    batchNorm: flags.original,
    dropout: flags.original ? 0.2 : 0,
  };
  const { kernels, backend, json } = flags;
  if (kernels !== 'simd' && kernels !== 'plain') {
    throw new RangeError(`--kernels: found ${kernels}, allowed: simd or plain`);
  }
  const [batchSize, rounds] = [whole('batch', flags.batch), whole('rounds', flags.rounds)];
  return { shape, batchSize, rounds, kernels, backend, json };
}

function wholes(name: string, text: string): number[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((part) => whole(name, part));
}

function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`--${name}: found ${text}, allowed: whole numbers from ${least} on`);
}
