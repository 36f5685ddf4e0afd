/** What SLOs, bounds and caps cost, as the API answers it. */
import { type Static, Type } from 'typebox';
import type { CapDecision } from '../../models/decisions.ts';
import { Figure, figure } from '../schemas.ts';

const described = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

/** Of a chain. */
export const SloPrice = {
  shadow_price: described('Cost that one second more of SLO would save.'),
  cost_per_10ms: described('Cost that 10 ms more of SLO would save.'),
  cores_per_10ms: described('The same in cores.'),
  explanation: Type.Union([Type.String(), Type.Null()], {
    description: 'What the SLO costs and who carries the latency, in a sentence.',
  }),
};

/** Of a service; 0 where a bound costs nothing. */
export const BoundPrices = {
  max_cpu_saves: described('Cost that one core more of max_cpu would save, at first.'),
  max_instances_saves: described('Cost that one instance more of max_instances would save, at first.'),
};

export const Cap = Type.Object({
  resource: Type.String({ description: 'cpu (cores) or memory (MiB), of all services together.' }),
  limit: Type.Number(),
  wanted: described('What the plan without caps takes.'),
  planned: Figure,
  used: described('What was decided takes.'),
  binds: Type.Boolean({ description: 'Whether the plan would be another one without it.' }),
  shadow_price: described(
    'Violation of the SLOs, weighted by priority, that one core or MiB more would save.',
  ),
  explanation: Type.String(),
});

export function sloPriceView({
  shadowPrice,
  coresPer10Ms,
  explanation,
}: {
  readonly shadowPrice: number;
  readonly coresPer10Ms?: number | undefined;
  readonly explanation?: string | undefined;
}) {
  return {
    shadow_price: figure(shadowPrice),
    cost_per_10ms: figure(0.01 * shadowPrice),
    cores_per_10ms: figure(coresPer10Ms ?? 0),
    explanation: explanation ?? null,
  };
}

export function boundPricesView({
  maxCpuSaves = 0,
  maxInstancesSaves = 0,
}: {
  readonly maxCpuSaves?: number;
  readonly maxInstancesSaves?: number;
}) {
  return { max_cpu_saves: figure(maxCpuSaves), max_instances_saves: figure(maxInstancesSaves) };
}

export function capsView(caps: readonly CapDecision[] = []): Static<typeof Cap>[] {
  return caps.map(({ shadowPrice, wanted, planned, used, ...cap }) => ({
    ...cap,
    wanted: figure(wanted),
    planned: figure(planned),
    used: figure(used),
    shadow_price: figure(shadowPrice),
  }));
}
