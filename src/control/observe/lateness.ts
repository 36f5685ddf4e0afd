import type { Settings } from '../../models/settings.ts';

/** A window is taken this long after its end, so that records under way still find it, s. */
export const LATENESS_SECONDS = 5;

/** What Prometheus tells is known a step and its delay later than what is posted, s. */
export function sourceDelay({ prometheus }: Pick<Settings, 'prometheus'>): number {
  return prometheus === undefined ? 0 : prometheus.step + prometheus.delay;
}

/** How long after its end a window is taken, s. */
export function lateness(settings: Pick<Settings, 'prometheus'>): number {
  return LATENESS_SECONDS + sourceDelay(settings);
}
