import type { SourceStatus } from '../models/sources.ts';
import { formatNumber } from './draft.ts';

/** A sentence for people; undefined while nothing is wrong. */
export function describeTrouble({ name, health }: SourceStatus, nowSeconds: number): string | undefined {
  if (health.kind !== 'failing') return undefined;
  const since = formatNumber(Math.max(0, nowSeconds - health.sinceSeconds));
  return `The source ${name} cannot be read for ${since} s: ${health.reason}`;
}
