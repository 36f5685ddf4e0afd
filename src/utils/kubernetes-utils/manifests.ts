/** A decision as files that a person or a GitOps repository applies. */
import type { ServiceSpec } from '../../models/data-models.ts';
import type { Decision, ServiceDecision } from '../../models/decisions.ts';
import type { KubernetesSettings, Settings } from '../../models/settings.ts';
import { CHANGE_CAUSE, changeCause, FIELD_MANAGER } from './change-cause.ts';
import { plannedLimits, type Quantities, quantitiesOf } from './wanted.ts';
import {
  apiVersionOf,
  DEPLOYMENT,
  isKubernetesName,
  targetNameOf,
  workloadKinds,
} from './workload/target-names.ts';

/**
 * One YAML document a service, each the part of its workload that the decision is about: requests, limits by the
 * service's policy, replicas, and the change cause. Server-side apply merges them into what is there; where the named
 * workload or container does not exist, the API refuses them and nothing changes. Services that are held at their
 * configured start, and those whose workload cannot be named, are left out with a comment that says so.
 */
export function manifests(decision: Decision, { topology, kubernetes }: Settings): string {
  const documents = decision.services.map((service) =>
    document(decision.id, service, topology.services.get(service.id), kubernetes),
  );
  return [...heading(decision), ...documents].join('\n');
}

function heading({ id, atSeconds }: Decision): string[] {
  return [
    comment(`Decision ${id} of ${new Date(atSeconds * 1000).toISOString()}. Apply it with`),
    comment(`  kubectl apply --server-side --field-manager=${FIELD_MANAGER} -f FILE`),
    comment(
      'Fields that another manager set are told as conflicts: docs/kubernetes.md says how to hand them over.',
    ),
    comment(
      'What was made by a client-side kubectl apply first needs one kubectl apply --server-side of its own manifest.',
    ),
  ];
}

function document(
  decision: string,
  service: ServiceDecision,
  spec: ServiceSpec | undefined,
  settings: KubernetesSettings,
): string {
  if (service.status === 'hold' && service.current.source === 'initial')
    return leftOut(service, `it is held at its configured start: ${service.explanation}`);
  if (spec === undefined) return leftOut(service, 'it is no longer configured');
  const { kind = DEPLOYMENT.kind, name } = targetNameOf(spec);
  const workload = workloadKinds(settings).find((known) => known.kind === kind);
  if (workload === undefined)
    return leftOut(service, `services.${service.id}.deployment names an unknown kind, ${kind}`);
  if (!isKubernetesName(name))
    return leftOut(service, `its id is no Kubernetes name: set services.${service.id}.deployment`);
  const namespace = spec.namespace ?? settings.namespace;
  const limits = quantitiesOf(plannedLimits(spec.limits, service, settings.limitFactor));
  return [
    '---',
    comment(`${service.id}: ${service.explanation}`),
    `apiVersion: ${text(apiVersionOf(workload))}`,
    `kind: ${text(kind)}`,
    'metadata:',
    `  name: ${text(name)}`,
    ...(namespace === undefined ? [] : [`  namespace: ${text(namespace)}`]),
    '  annotations:',
    `    ${CHANGE_CAUSE}: ${text(changeCause(decision, service.explanation))}`,
    'spec:',
    `  replicas: ${service.instances}`,
    '  template:',
    '    spec:',
    '      containers:',
    `        - name: ${text(spec.container ?? name)}`,
    '          resources:',
    ...quantityLines('requests', quantitiesOf(service)),
    ...quantityLines('limits', limits),
    '',
  ].join('\n');
}

function leftOut({ id }: ServiceDecision, why: string): string {
  return `${comment(`${id} is left out: ${why}`)}\n`;
}

function quantityLines(name: string, quantities: Quantities): string[] {
  const lines = Object.entries(quantities).map(
    ([key, value]) => `              ${key}: ${text(String(value))}`,
  );
  return lines.length === 0 ? [] : [`            ${name}:`, ...lines];
}

/** JSON is YAML; written so, no text is taken for a number, a date or the start of something else. */
function text(value: string): string {
  return JSON.stringify(value).replace(UNPRINTABLE, escaped);
}

/** What YAML does not take as it is, or takes for the end of a line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  const units = [...Array(character.length).keys()].map((index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** One line, whatever the text holds. */
function comment(line: string): string {
  return `# ${line.replace(UNPRINTABLE, ' ')}`;
}
