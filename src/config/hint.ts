import { closestName } from './closest-name.ts';

/** `; did you mean window_size?`, or nothing when no known name is close. */
export function hint(typed: string, known: readonly string[]): string {
  const meant = closestName(typed, known);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
