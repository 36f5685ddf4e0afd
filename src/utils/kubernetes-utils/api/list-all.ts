/** All objects of a collection, page by page. */
import type { ApiClient, ApiRequest } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import { listAt, textAt } from './json.ts';

export type Listing =
  | { readonly kind: 'listing'; readonly items: readonly unknown[]; readonly resourceVersion: string }
  | { readonly kind: 'failure'; readonly failure: ApiFailure };

const PAGE = 500;

export async function listAll(
  client: ApiClient,
  path: string,
  { signal, query = {} }: Pick<ApiRequest, 'signal' | 'query'> = {},
): Promise<Listing> {
  const items: unknown[] = [];
  let more = '';
  for (;;) {
    const page = more === '' ? query : { ...query, continue: more };
    const answer = await client.request({ method: 'GET', path, query: { ...page, limit: PAGE }, signal });
    if (answer.kind === 'failure') return answer;
    items.push(...listAt(answer.body, 'items'));
    more = textAt(answer.body, 'metadata', 'continue') ?? '';
    const resourceVersion = textAt(answer.body, 'metadata', 'resourceVersion') ?? '';
    if (more === '') return { kind: 'listing', items, resourceVersion };
  }
}
