/** What code and settings a workload runs, as one short text. */
import { createHash } from 'node:crypto';
import { at, entriesAt, listAt } from '../api/json.ts';

/**
 * Annotations that say nothing of code or settings: a restart runs what ran before. What a restart makes the pods read
 * anew is not seen; charts that want it seen put a checksum of it into the template, which is.
 */
const NO_CHANGE = new Set(['kubectl.kubernetes.io/restartedAt', 'kubernetes.io/change-cause']);

/** Of the pod template without resources and without annotations that change nothing. */
export function versionOf(template: unknown): string {
  const text = JSON.stringify(sorted(withoutSizes(template)));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function withoutSizes(template: unknown): unknown {
  const annotations = entriesAt(template, 'metadata', 'annotations').filter(([key]) => !NO_CHANGE.has(key));
  return {
    metadata: {
      ...record(at(template, 'metadata'), 'annotations', 'creationTimestamp'),
      ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    },
    spec: {
      ...record(at(template, 'spec'), 'containers', 'resources'),
      containers: listAt(template, 'spec', 'containers').map((container) => record(container, 'resources')),
    },
  };
}

/** A mapping without some of its keys. */
function record(value: unknown, ...without: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(entriesAt(value).filter(([key]) => !without.includes(key)));
}

/** The same whatever order the keys came in. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
