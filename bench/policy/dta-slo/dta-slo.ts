import { join } from 'node:path';
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

/** Names a folder for traces of decisions: one file for each application and policy. */
const TRACES = 'DTA_SLO_TRACES';

export interface DtaSloSetup {
  /** Folder for JSON lines of every decision and change. Default: that of the environment; none: no traces. */
  readonly traces?: string | undefined;
  readonly mode?: WritingMode;
  /** Sections of the configuration, to try out other than the defaults. */
  readonly sections?: object;
}

/** The product and its ablations. Nothing of them is tuned: they run with the product's defaults. */
export function dtaSloPolicies({
  traces = process.env[TRACES],
  mode = 'in-place',
  sections,
}: DtaSloSetup = {}): readonly PolicyFactory[] {
  return Object.entries(WRAPPERS).map(([name, wrap]) => ({
    name,
    space: {},
    create: (context) => {
      const file = traces && join(traces, `${context.application.name}-${name}.jsonl`);
      const observer = file ? decisionTrace(file) : undefined;
      return new DtaSloPolicy(context, {
        name,
        mode,
        sections,
        wrap,
        ...(observer !== undefined && { observer }),
      });
    },
  }));
}
