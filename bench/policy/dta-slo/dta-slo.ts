import type { Wrappers } from '../../../src/app.ts';
import type { Settings } from '../../../src/models/settings.ts';
import type { PolicyFactory } from '../policy.ts';
import { chainSloPerService } from './ablations/chain-slo-per-service.ts';
import { noForecast } from './ablations/no-forecast.ts';
import { noGamma } from './ablations/no-gamma.ts';
import { noSharing } from './ablations/no-sharing.ts';
import { decisionTrace } from './decision-trace.ts';
import { DtaSloPolicy } from './dta-slo-policy.ts';
import type { WritingMode } from './settings.ts';

const WRAPPERS: Readonly<Record<string, (settings: Settings) => Wrappers>> = {
  'dta-slo': () => ({}),
  'dta-slo-no-forecast': () => noForecast,
  'dta-slo-chain-slo-per-service': () => chainSloPerService,
  'dta-slo-no-sharing': noSharing,
  'dta-slo-no-gamma': () => noGamma,
};

export interface DtaSloSetup {
  /** JSON lines of every decision and change of the policy with that name; none by default. */
  readonly traceFile?: (name: string) => string | undefined;
  readonly mode?: WritingMode;
}

/** The product and its ablations. Nothing of them is tuned: they run with the product's defaults. */
export function dtaSloPolicies({ traceFile, mode = 'rolling' }: DtaSloSetup = {}): readonly PolicyFactory[] {
  return Object.entries(WRAPPERS).map(([name, wrap]) => ({
    name,
    space: {},
    create: (context) => {
      const file = traceFile?.(name);
      const observer = file === undefined ? undefined : decisionTrace(file);
      return new DtaSloPolicy(context, { name, mode, wrap, ...(observer !== undefined && { observer }) });
    },
  }));
}
