const FIRST_WAIT_SECONDS = 600;
const LONGEST_WAIT_SECONDS = 2 * 3600;

/**
 * How long a service is left alone after so many changes in a row that did not come up, s: each try restarts instances, so
 * the wait doubles.
 */
export function retryWaitSeconds(failures: number): number {
  return failures === 0 ? 0 : Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (failures - 1));
}
