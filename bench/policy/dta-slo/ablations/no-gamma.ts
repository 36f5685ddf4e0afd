import type { Wrappers } from '../../../../src/app.ts';
import { overriding } from './overriding.ts';

/**
 * γ = 1 and δ = 0, as where no end-to-end sample has ever been seen: percentiles add, and of m ways in parallel each is
 * taken at 1 − (1 − p)/m. That chains which miss their SLO all the same are corrected stays.
 */
export const noGamma: Wrappers = {
  profiles: (profiles) =>
    overriding(profiles, { composition: () => ({ factor: 1, overheadSeconds: 0, windows: 0 }) }),
};
