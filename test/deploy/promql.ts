/** The PromQL that we ship, as it stands in the rules and in the dashboard. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';

export const ROOT = join(import.meta.dirname, '../..');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const RULES = 'deploy/prometheus/rules';

export const RULE_FILES: readonly string[] = readdirSync(join(ROOT, RULES)).map((file) => `${RULES}/${file}`);

export function rules(): readonly Rule[] {
  return RULE_FILES.flatMap((file) => {
    const { groups } = load(readText(file)) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });
}

export function dashboard(): Dashboard {
  return JSON.parse(readText('deploy/grafana/dashboards/dta-slo.json'));
}

/** What Grafana would ask for with every variable at "All". */
export function dashboardQueries(): readonly { readonly title: string; readonly expr: string }[] {
  const { panels, annotations } = dashboard();
  const asked = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
  return [...asked, ...annotations.list.map(({ name, expr }) => ({ title: name, expr }))].map(
    ({ title, expr }) => ({
      title,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(instance|chain|service)\b/g, '.*'),
    }),
  );
}

const NOT_METRICS = new Set(
  'and or unless on ignoring group_left group_right by without bool offset'.split(' '),
);

/** The names of metrics in an expression: what stands outside of braces, strings and label lists, and is no function. */
export function metricNames(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/'[^']*'|"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const names = bare.match(/(?<![\w:.])[a-zA-Z_:][\w:]*(?!\w*\s*\()/g) ?? [];
  return [...new Set(names.filter((name) => !NOT_METRICS.has(name)))];
}
