/** Length of a prediction step when none is set, s: the window divided by the steps that the network sees. */
export function defaultStep(windowSize: number, sequenceLength: number): number {
  return windowSize / sequenceLength;
}
