/** What a network looks like: together with the order of its weights, all that a saved network needs. */
export interface NetworkShape {
  /** Steps of a window. */
  readonly sequenceLength: number;
  /** Numbers a step. */
  readonly features: number;
  /** Numbers a window beside its steps (calendar, yesterday, …); may be 0. */
  readonly context: number;
  /** Steps ahead. */
  readonly horizon: number;
  /** Quantiles of each step ahead. */
  readonly quantiles: number;
  /** GRU layers, first to last. */
  readonly units: readonly number[];
  /** ReLU layers on the last state and the context; may be []. */
  readonly dense: readonly number[];
  /** After each GRU layer. */
  readonly batchNorm: boolean;
  /** Share of each GRU layer's outputs that training leaves out; 0: none. */
  readonly dropout: number;
}

/** Numbers that the heads see: what the last dense (or GRU) layer says, the context, the window itself. */
export function headInputs(shape: NetworkShape): number {
  const last = shape.dense.at(-1) ?? shape.units.at(-1)!;
  return last + shape.context + shape.sequenceLength * shape.features;
}

/** Throws a RangeError that names what is wrong. */
export function requireShape(shape: NetworkShape): void {
  for (const key of ['sequenceLength', 'features', 'horizon', 'quantiles'] as const)
    whole(key, shape[key], 1);
  whole('context', shape.context, 0);
  if (shape.units.length === 0) throw new RangeError('units: found [], allowed: at least one layer');
  for (const units of shape.units) whole('units', units, 1);
  for (const units of shape.dense) whole('dense', units, 1);
  if (!(shape.dropout >= 0 && shape.dropout < 1)) {
    throw new RangeError(`dropout: found ${shape.dropout}, allowed: from 0 to less than 1`);
  }
}

function whole(name: string, found: number, least: number): void {
  if (Number.isInteger(found) && found >= least && found <= 1e6) return;
  throw new RangeError(`${name}: found ${found}, allowed: a whole number from ${least} to 1000000`);
}
