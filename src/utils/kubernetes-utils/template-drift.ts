/** How far the templates of services that are resized in place are from what their instances have. */
import type { TargetState } from '../../models/changes.ts';
import { othersOwn, resourcePath } from './change/ownership.ts';
import { describeRef, type Workload } from './workload/workload.ts';

/** Share of the template's request by which instances may differ before the template is written anew. */
const MOST_OFF = 0.3;
/** How long they differ by more before it is, s: a rollout restarts every instance, what passes is not worth it. */
const OFF_SECONDS = 3600;

/**
 * Instances that are made anew come in the size of the template until the next pass has resized them, so that it must not be
 * far off; and every write of it restarts them all. It is due when it has been off by more than 30 % for an hour.
 */
export class TemplateDrift {
  readonly #sinceSeconds = new Map<string, number>();

  note(workload: Workload, container: string, state: TargetState, nowSeconds: number): void {
    const { uid } = workload;
    if (!isFarOff(workload, container, state) || !isOurs(workload, container)) this.#sinceSeconds.delete(uid);
    else if (!this.#sinceSeconds.has(uid)) this.#sinceSeconds.set(uid, nowSeconds);
  }

  isDue({ uid }: Pick<Workload, 'uid'>, nowSeconds: number): boolean {
    const since = this.#sinceSeconds.get(uid);
    return since !== undefined && nowSeconds - since >= OFF_SECONDS;
  }

  /** Why the service is to be written again, in a sentence. */
  static reason(workload: Workload): string {
    return `The template of ${describeRef(workload)} has been off from what its instances have by more than ${MOST_OFF * 100} % for an hour: it is written anew.`;
  }
}

function isFarOff({ containers }: Workload, container: string, { requests }: TargetState): boolean {
  const template = containers.find(({ name }) => name === container)?.requests;
  return (['cpu', 'memory'] as const).some((key) => {
    const [has, says] = [requests[key], template?.[key]];
    return has !== undefined && (says === undefined || Math.abs(has / says - 1) > MOST_OFF);
  });
}

/** Whether a write would get through, and would not take all instances down at once: else the template is left as it is. */
function isOurs({ managers, paused, strategy }: Workload, container: string): boolean {
  const paths = (['requests', 'limits'] as const).flatMap((key) =>
    (['cpu', 'memory'] as const).map((resource) => resourcePath(container, key, resource)),
  );
  const isGradual = strategy.type !== 'Recreate' && strategy.type !== 'OnDelete' && strategy.partition === 0;
  return !paused && isGradual && !paths.some((path) => othersOwn(managers, path));
}
