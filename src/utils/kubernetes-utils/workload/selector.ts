/** Label selectors: which pods belong to a workload. */
import { at, listAt, textAt, textsAt } from '../api/json.ts';

export interface Selector {
  readonly labels: ReadonlyMap<string, string>;
  readonly expressions: readonly Expression[];
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

export function selectorAt(value: unknown, ...path: readonly string[]): Selector {
  const raw = at(value, ...path);
  const expressions = listAt(raw, 'matchExpressions').map((expression) => ({
    key: textAt(expression, 'key') ?? '',
    operator: textAt(expression, 'operator') ?? '',
    values: listAt(expression, 'values').map(String),
  }));
  return { labels: textsAt(raw, 'matchLabels'), expressions };
}

/** An empty selector selects nothing here: a workload without one has no pods that could be told. */
export function selects({ labels, expressions }: Selector, of: ReadonlyMap<string, string>): boolean {
  if (labels.size + expressions.length === 0) return false;
  return (
    [...labels].every(([key, value]) => of.get(key) === value) &&
    expressions.every((expression) => meets(expression, of))
  );
}

/** In the form of the parameter `labelSelector`. */
export function selectorText({ labels, expressions }: Selector): string {
  const equal = [...labels].map(([key, value]) => `${key}=${value}`);
  return [...equal, ...expressions.map(expressionText)].join(',');
}

function meets({ key, operator, values }: Expression, of: ReadonlyMap<string, string>): boolean {
  const value = of.get(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

function expressionText({ key, operator, values }: Expression): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
}
