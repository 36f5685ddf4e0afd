import { type JsonObject, objectAt } from './json.ts';

/** Guaranteed where every container limits cpu and memory and requests just that; BestEffort where none says anything. */
export function qosOf(containers: readonly JsonObject[]): string {
  const amounts = containers.map((container) => objectAt(container, 'resources'));
  const says = (part: string) => amounts.some((one) => Object.keys(objectAt(one, part)).length > 0);
  if (!says('limits') && !says('requests')) return 'BestEffort';
  const guaranteed = amounts.every((one) =>
    ['cpu', 'memory'].every((name) => {
      const limit = objectAt(one, 'limits')[name];
      return limit !== undefined && (objectAt(one, 'requests')[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
