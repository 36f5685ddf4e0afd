import type { PolicyFactory } from '../policy.ts';
import { decisionTrace } from './decision-trace.ts';
import { DtaSloPolicy } from './dta-slo-policy.ts';

/** Nothing of it is tuned: it runs with its defaults. `traceFile`: JSON lines of every decision and change. */
export function dtaSlo(traceFile?: string): PolicyFactory {
  return {
    name: 'dta-slo',
    space: {},
    create: (context) =>
      new DtaSloPolicy(context, {
        name: 'dta-slo',
        ...(traceFile !== undefined && { observer: decisionTrace(traceFile) }),
      }),
  };
}
