import { type JsonObject, objectAt, objectsAt, stringAt } from './json.ts';
import { badRequest } from './status.ts';

export type Predicate = (object: JsonObject) => boolean;

/** `labelSelector` of a query: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
export function labelPredicate(selector: string): Predicate {
  const tests = splitTerms(selector).map(termOf);
  return (object) => tests.every((test) => test(objectAt(object, 'metadata', 'labels')));
}

function splitTerms(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function termOf(term: string): (labels: JsonObject) => boolean {
  const inSet = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (inSet !== null) {
    const [, key = '', operator, list = ''] = inSet;
    const values = list.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => values.includes(String(labels[key] ?? '\u0000'))
      : (labels) => !values.includes(String(labels[key] ?? '\u0000'));
  }
  const equal = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(term);
  if (equal !== null) {
    const [, key = '', operator, value] = equal;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  if (/^![^=!\s]+$/.test(term)) return (labels) => labels[term.slice(1)] === undefined;
  if (/^[^=!\s()]+$/.test(term)) return (labels) => labels[term] !== undefined;
  throw badRequest(`unable to parse requirement: found '${term}', expected: in, notin, =, ==, !=, gt, lt`);
}

/** `fieldSelector` of a query, with the fields that every type has and those of events and pods. */
export function fieldPredicate(selector: string, plural: string): Predicate {
  const tests = splitTerms(selector).map((term) => fieldTerm(term, plural));
  return (object) => tests.every((test) => test(object));
}

function fieldTerm(term: string, plural: string): Predicate {
  const match = /^([\w.]+)(==|=|!=)(.*)$/.exec(term);
  if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field = '', operator, value] = match;
  if (!isSelectable(field, plural)) throw badRequest(`field label not supported: ${field}`);
  return (object) => (stringAt(object, ...field.split('.')) === value) === (operator !== '!=');
}

const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'status.phase', 'status.podIP'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.fieldPath',
    'reason',
    'type',
    'source',
  ],
  namespaces: ['status.phase'],
  replicasets: ['status.replicas'],
};

const isSelectable = (field: string, plural: string): boolean =>
  field === 'metadata.name' || field === 'metadata.namespace' || (SELECTABLE[plural] ?? []).includes(field);

/** A LabelSelector object (`spec.selector`) as a predicate over labels. */
export function selectorMatches(selector: JsonObject, labels: JsonObject): boolean {
  const byLabel = Object.entries(objectAt(selector, 'matchLabels')).every(
    ([key, value]) => labels[key] === value,
  );
  return byLabel && objectsAt(selector, 'matchExpressions').every((term) => expressionMatches(term, labels));
}

function expressionMatches(term: JsonObject, labels: JsonObject): boolean {
  const value = labels[stringAt(term, 'key')];
  const values = Array.isArray(term['values']) ? term['values'] : [];
  switch (term['operator']) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}

/** The selector as one string: what /scale answers in `status.selector`. */
export function selectorText(selector: JsonObject): string {
  const labels = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  const terms = objectsAt(selector, 'matchExpressions').map(expressionText);
  return [...labels.sort(), ...terms].join(',');
}

function expressionText(term: JsonObject): string {
  const key = stringAt(term, 'key');
  const values = Array.isArray(term['values']) ? term['values'].join(',') : '';
  const words: Record<string, string> = {
    In: `${key} in (${values})`,
    NotIn: `${key} notin (${values})`,
    Exists: key,
    DoesNotExist: `!${key}`,
  };
  return words[stringAt(term, 'operator')] ?? key;
}
