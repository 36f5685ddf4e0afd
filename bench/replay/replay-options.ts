import { parseArgs } from 'node:util';

export const USAGE = `npm run -s bench:replay -- --trace FILE [options]

  --trace FILE       seconds,requests; csv or csv.gz
  --url URL          a running daemon with the shipped config; without it one is started and ended
  --speed N          how much faster than the world the started daemon's clock runs (60)
  --scale X          factor on the trace's rates (1)
  --hours H          only the first hours of the trace
  --seed N           of all chance (1)
  --delay S          simulated time from a recommendation to its taking effect (30)
  --with-cpu         visits tell the CPU that they burned; otherwise latency is all that is told
  --baseline NAME    no daemon: only the constant allocation "max" or "peak"
  --json             the last line is one JSON object`;

export interface ReplayOptions {
  readonly trace: string;
  readonly url: string | undefined;
  readonly speed: number;
  readonly scale: number;
  readonly hours: number;
  readonly seed: number;
  readonly delay: number;
  readonly withCpu: boolean;
  readonly baseline: string | undefined;
  readonly json: boolean;
}

/** @throws Error that says which option is wrong */
export function replayOptions(args: readonly string[]): ReplayOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trace: { type: 'string' },
      url: { type: 'string' },
      speed: { type: 'string', default: '60' },
      scale: { type: 'string', default: '1' },
      hours: { type: 'string', default: 'Infinity' },
      seed: { type: 'string', default: '1' },
      delay: { type: 'string', default: '30' },
      'with-cpu': { type: 'boolean', default: false },
      baseline: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.trace === undefined) throw new Error('--trace is missing');
  if (
    values.url !== undefined &&
    !/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(`${values.url}/`)
  ) {
    throw new Error(`--url: found ${values.url}, allowed: an address of this machine`);
  }
  if (values.baseline !== undefined && !['max', 'peak'].includes(values.baseline)) {
    throw new Error(`--baseline: found ${values.baseline}, allowed: max, peak`);
  }
  return {
    trace: values.trace,
    url: values.url,
    speed: positive('--speed', values.speed),
    scale: positive('--scale', values.scale),
    hours: positive('--hours', values.hours),
    seed: Math.floor(positive('--seed', values.seed)),
    delay: positive('--delay', values.delay),
    withCpu: values['with-cpu'],
    baseline: values.baseline,
    json: values.json,
  };
}

export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name}: found ${text}, allowed: a number above 0`);
  return value;
}
