/** From values to places on the page, and where an axis has its marks. */

export interface Scale {
  /** Place of a value; values outside go to the ends. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number at or above the largest value. */
export function linearScale(largest: number, start: number, end: number, wantedTicks = 4): Scale {
  const step = roundStep((largest > 0 ? largest : 1) / wantedTicks);
  const count = Math.max(1, Math.ceil(largest / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(6)));
  return { at: placed((value) => value / (count * step), start, end), ticks };
}

/** The same, ending at the largest value itself. */
export function exactScale(largest: number, start: number, end: number, wantedTicks = 6): Scale {
  const { ticks } = linearScale(largest, start, end, wantedTicks);
  const inside = ticks.filter((tick) => tick <= largest * (1 + 1e-9));
  return { at: placed((value) => value / largest, start, end), ticks: inside };
}

/** Logarithmic between two bounds over 0. */
export function logScale(
  [low, high]: readonly [low: number, high: number],
  start: number,
  end: number,
  ticks: readonly number[],
): Scale {
  return { at: placed((value) => Math.log(value / low) / Math.log(high / low), start, end), ticks };
}

/** Linear from 0 to `knee`, logarithmic from there to `high`: shows zeros beside values of many sizes. */
export function kneeScale(
  knee: number,
  high: number,
  start: number,
  end: number,
  ticks: readonly number[],
): Scale {
  const stretched = (value: number) => (value <= knee ? value / knee : 1 + Math.log10(value / knee));
  return { at: placed((value) => stretched(value) / stretched(high), start, end), ticks };
}

function placed(partOf: (value: number) => number, start: number, end: number): Scale['at'] {
  return (value) => start + (end - start) * Math.min(1, Math.max(0, partOf(value)));
}

/** 1, 2 or 5 times a power of ten, at least that much. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10);
}
