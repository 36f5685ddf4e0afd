/**
 * Where a forecast waits for its truth. At most h forecasts of h steps ahead wait at a time, so those made at origins
 * o and o + h share a place: the older is scored at the very step at which the newer is made. All steps ahead up to H
 * take H·(H+1)/2 places.
 *
 * @param ahead from 1
 */
export function slotOf(ahead: number, origin: number): number {
  return (ahead * (ahead - 1)) / 2 + (origin % ahead);
}
