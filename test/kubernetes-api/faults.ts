import type { Route, Verb } from './route.ts';

/** Which requests a fault meets; what is left out matches all. */
export interface RequestMatch {
  readonly verb?: Verb | readonly Verb[];
  /** The plural: `deployments`. */
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly method?: string;
  readonly path?: RegExp;
  /** Dry runs alone, or anything but dry runs. */
  readonly dryRun?: boolean;
}

/** What goes wrong. */
export type Fault =
  /**
   * A Status of failure, with Retry-After when `retryAfterSeconds` is given. A 429 is plain text, as kube-apiserver answers when it has too
   * much to do: only evictions are refused with a 429 Status.
   */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  /** The connection breaks: nothing was done; all was done but nothing answered; all was done and half the answer sent. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' | 'midway' }
  /** The request is read and never answered. `applied`: what it asks is done all the same. */
  | { readonly kind: 'hang'; readonly applied?: boolean }
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** Something that no API server says: a proxy's page, half a JSON. */
  | { readonly kind: 'body'; readonly code: number; readonly contentType: string; readonly text: string };

/** What the API server answers for metrics.k8s.io when the metrics server is not there: match `path: /^\/apis\/metrics/`. */
export const METRICS_DOWN: Fault = {
  kind: 'body',
  code: 503,
  contentType: 'text/plain; charset=utf-8',
  text: 'service unavailable\n',
};

export interface FaultHandle {
  /** How many requests it has met. */
  readonly hits: number;
  remove(): void;
}

interface Planned {
  readonly match: RequestMatch;
  readonly fault: Fault;
  left: number;
  hits: number;
}

/** What a request is, as far as matching needs it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly route: Route | undefined;
}

/** Faults in the order they were added; the first that matches and has times left is met. */
export class Faults {
  #planned: Planned[] = [];

  /** `times` requests meet the fault (all, when left out). */
  add(match: RequestMatch, fault: Fault, times = Number.POSITIVE_INFINITY): FaultHandle {
    const planned: Planned = { match, fault, left: times, hits: 0 };
    this.#planned.push(planned);
    return {
      get hits() {
        return planned.hits;
      },
      remove: () => {
        this.#planned = this.#planned.filter((other) => other !== planned);
      },
    };
  }

  clear(): void {
    this.#planned = [];
  }

  next(asked: Asked): Fault | undefined {
    const planned = this.#planned.find(({ match, left }) => left > 0 && meets(match, asked));
    if (planned === undefined) return undefined;
    planned.left -= 1;
    planned.hits += 1;
    return planned.fault;
  }
}

/** Whether a request is one of those. */
export function meets(match: RequestMatch, { method, path, query, route }: Asked): boolean {
  const verbs = match.verb === undefined ? undefined : [match.verb].flat();
  const wanted: ReadonlyArray<readonly [unknown, unknown]> = [
    [match.resource, route?.of.plural],
    [match.subresource, route?.subresource],
    [match.namespace, route?.namespace],
    [match.name, route?.name],
    [match.method, method],
    [match.dryRun, query.getAll('dryRun').includes('All')],
  ];
  return (
    (verbs === undefined || (route !== undefined && verbs.includes(route.verb))) &&
    (match.path === undefined || match.path.test(path)) &&
    wanted.every(([expected, found]) => expected === undefined || expected === found)
  );
}
