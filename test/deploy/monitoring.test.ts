import { describe, expect, it } from 'vitest';
import { dashboard, dashboardQueries, metricNames, type Panel, readText, rules } from './promql.ts';

const DOCUMENTED = new Set(
  [...readText('docs/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!),
);
const RECORDED = new Set(rules().flatMap(({ record }) => record ?? []));

/** Made by Prometheus itself. */
const SCRAPE_METRICS = new Set(['up']);
function isKnown(name: string): boolean {
  return DOCUMENTED.has(name) || RECORDED.has(name) || SCRAPE_METRICS.has(name);
}

describe('the names in an expression', () => {
  it('are those of metrics, not of functions, labels and words of the language', () => {
    expect(
      metricNames(
        'sum by (a, b) (rate(x_total{c="d_e"}[5m])) > on (f) group_left () 3 * y:z:1h and time() - u offset 4h',
      ),
    ).toEqual(['x_total', 'y:z:1h', 'u']);
  });
});

describe('the rules', () => {
  it('ask only for metrics that docs/metrics.md describes or that another rule records', () => {
    const unknown = rules().flatMap(({ expr }) => metricNames(expr).filter((name) => !isKnown(name)));
    expect(unknown).toEqual([]);
  });

  it('say of each alert what it is, what it means and where to read on', () => {
    const headings = readText('docs/operations.md').matchAll(/^#+ (\w+)$/gm);
    const anchors = new Set([...headings].map(([, heading]) => heading!.toLowerCase()));
    for (const { alert, annotations, labels } of rules().filter((rule) => rule.alert !== undefined)) {
      expect(annotations?.['summary'], alert).toMatch(/\S/);
      expect(annotations?.['description'], alert).toMatch(/\S.*\.$/);
      expect(annotations?.['runbook']).toBe(`docs/operations.md#${alert?.toLowerCase()}`);
      expect(anchors).toContain(alert?.toLowerCase());
      expect(['critical', 'warning']).toContain(labels?.['severity']);
    }
  });

  it('are tested one by one', () => {
    const tested =
      readText('deploy/prometheus/alerts.test.yml') + readText('deploy/prometheus/recording.test.yml');
    const names = rules().flatMap(({ alert }) => alert ?? []);
    expect(names.filter((name) => !tested.includes(`alertname: ${name}\n`))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('asks only for metrics that docs/metrics.md describes or that a rule records', () => {
    const unknown = dashboardQueries().flatMap(({ title, expr }) =>
      metricNames(expr)
        .filter((name) => !isKnown(name))
        .map((name) => `${title}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('uses only the variables that it has', () => {
    const { templating } = dashboard();
    const text = readText('deploy/grafana/dashboards/dta-slo.json');
    const used = new Set([...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name!));
    expect([...used].sort()).toEqual(templating.list.map(({ name }) => name).sort());
  });

  it('has panels that lie within the grid, do not overlap and have their own ids', () => {
    const { panels } = dashboard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x < 0 || x + w > 24)).toEqual([]);
    const overlapping = panels.flatMap((left, index) =>
      panels
        .slice(index + 1)
        .flatMap((right) => (overlap(left, right) ? [`${left.title} / ${right.title}`] : [])),
    );
    expect(overlapping).toEqual([]);
  });
});

function overlap({ gridPos: left }: Panel, { gridPos: right }: Panel): boolean {
  return (
    left.x < right.x + right.w &&
    right.x < left.x + left.w &&
    left.y < right.y + right.h &&
    right.y < left.y + left.h
  );
}
