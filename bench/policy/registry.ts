import { autothrottle } from './baselines/autothrottle/autothrottle.ts';
import { erms } from './baselines/erms/erms.ts';
import { firm } from './baselines/firm/firm.ts';
import { hpa } from './baselines/hpa/hpa.ts';
import { hpaVpa } from './baselines/hpa-vpa.ts';
import { k8sCpu, k8sCpuFast } from './baselines/k8s-cpu.ts';
import { staticPeak } from './baselines/static-peak.ts';
import { vpa } from './baselines/vpa/vpa.ts';
import type { Cell } from './cell.ts';
import { clairvoyant, clairvoyantPaced } from './clairvoyant/clairvoyant.ts';
import type { Schedule } from './clairvoyant/schedule.ts';
import { dtaSloPolicies } from './dta-slo/dta-slo.ts';
import type { PolicyFactory } from './policy.ts';
import type { RecordedRun } from './recorded-run.ts';
import { staticMax } from './static-max.ts';
import { UsageError } from './usage-error.ts';

/** A bound is no policy: it sees the whole cell, the future included. */
export interface Bound {
  readonly name: string;
  /** With totals as in a policy's run, at `scoredFromSeconds` too. */
  run(cell: Cell, options: BoundOptions): Promise<RecordedRun>;
}

export interface BoundOptions {
  readonly seed: number;
  readonly scoredFromSeconds: number;
  /** What policies gave that kept the objectives. A bound tries it too and takes what is cheaper. */
  readonly seeds?: readonly Schedule[];
}

export type Contender =
  | { readonly kind: 'policy'; readonly name: string; readonly factory: PolicyFactory }
  | { readonly kind: 'bound'; readonly name: string; readonly bound: Bound };

/** What may be run, in the order in which it is shown. */
const CONTENDERS: readonly Contender[] = [
  ...dtaSloPolicies().map(policy),
  policy(autothrottle),
  policy(erms),
  policy(firm),
  policy(hpa),
  policy(vpa),
  policy(hpaVpa),
  policy(k8sCpu),
  policy(k8sCpuFast),
  policy(staticPeak),
  policy(staticMax),
  bound(clairvoyant),
  bound(clairvoyantPaced),
];

/** The ones with these names, in that order; all by default. @throws UsageError */
export function contendersOf(names: readonly string[] | undefined): readonly Contender[] {
  return names === undefined ? CONTENDERS : [...new Set(names)].map(contenderOf);
}

export function contenderOf(name: string): Contender {
  const found = CONTENDERS.find((contender) => contender.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`policy: found ${name}, allowed: ${CONTENDERS.map((known) => known.name).join(', ')}`);
}

function policy(factory: PolicyFactory): Contender {
  return { kind: 'policy', name: factory.name, factory };
}

function bound(found: Bound): Contender {
  return { kind: 'bound', name: found.name, bound: found };
}
