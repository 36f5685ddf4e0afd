/** Variables of queries: `$window`, `$service_label`. A `$` that no letter follows is that of a regular expression. */

const VARIABLE = /\$([a-zA-Z_]+)/g;

export const QUERY_VARIABLES = [
  'window',
  'step',
  'service_label',
  'chain_label',
  'pod_label',
  'selector',
  'pod_selector',
] as const;

export function fillIn(
  query: string,
  values: Readonly<Record<(typeof QUERY_VARIABLES)[number], string>>,
): string {
  const known = new Map<string, string>(Object.entries(values));
  return query.replace(VARIABLE, (whole, name: string) => known.get(name) ?? whole);
}

/** Names after a `$` that no variable has. */
export function unknownVariables(query: string): readonly string[] {
  const names = [...query.matchAll(VARIABLE)].map(([, name]) => name ?? '');
  return names.filter((name) => !QUERY_VARIABLES.some((known) => known === name));
}
