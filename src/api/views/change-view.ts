/** A change as the API answers it. */
import { type Static, Type } from 'typebox';
import type { ChangeRecord, Limits } from '../../models/changes.ts';
import { Allocation, Figure, UnixSeconds } from '../schemas.ts';
import { allocationView } from './decision-view.ts';

const PerInstance = Type.Object({ cpu: Figure, memory: Figure });

export const ServiceChange = Type.Object({
  service: Type.String(),
  decision_id: Type.String({
    description: 'The decision that asked for it; `undo-` and an id: it takes that change back.',
  }),
  status: Type.String({
    description:
      'writing (under way), applied, restored, failed, refused or held; docs/kubernetes.md describes each.',
  }),
  detail: Type.String({ description: 'A sentence: what was done, or why not.' }),
  at: UnixSeconds,
  finished_at: Type.Union([UnixSeconds, Type.Null()]),
  before: Type.Union(
    [Type.Object({ requests: PerInstance, limits: PerInstance, instances: Type.Integer() }), Type.Null()],
    { description: 'What ran before: what an undo puts back.' },
  ),
  to: Type.Object(Allocation),
});
export type ServiceChange = Static<typeof ServiceChange>;

export function changeView(change: ChangeRecord): ServiceChange {
  const { service, decision, status, detail, atSeconds, finishedSeconds, before, to } = change;
  return {
    service,
    decision_id: decision,
    status,
    detail,
    at: atSeconds,
    finished_at: finishedSeconds ?? null,
    before:
      before === undefined
        ? null
        : {
            requests: perInstance(before.requests),
            limits: perInstance(before.limits),
            instances: before.instances,
          },
    to: allocationView(to),
  };
}

function perInstance({ cpu, memory }: Limits): Static<typeof PerInstance> {
  return { cpu: cpu ?? null, memory: memory ?? null };
}
