import { describe, expect, it } from 'vitest';
import { problemsOfFile, settingsOf } from './sources.ts';

const BOUNDS = 'min_cpu: 0.1, max_cpu: 4, min_memory: 128, max_memory: 1024';

function file(section: string, more = 'monitoring: { source: prometheus }', web = '[shop]'): string {
  return `
${more}
prometheus: { ${section} }
services:
  web: { chains: ${web}, ${BOUNDS} }
  db: { chains: [shop], ${BOUNDS}, namespace: data, container: main, deployment: database }
slos: { shop: 0.5, browse: 0.3 }`.replace('browse: 0.3', web.includes('browse') ? 'browse: 0.3' : '');
}

const URL = 'url: "http://prometheus:9090/"';

describe('the source of a service', () => {
  it('is http unless the file or the service says otherwise', () => {
    expect(settingsOf(file('', '')).prometheus).toBeUndefined();
    const all = settingsOf(file(`${URL}, preset: linkerd`)).prometheus;
    expect([...all!.services.keys()]).toEqual(['web', 'db']);
    const one = settingsOf(
      file(`${URL}, preset: linkerd`, '').replace(
        'chains: [shop], min',
        'source: prometheus, chains: [shop], min',
      ),
    );
    expect([...one.prometheus!.services.keys()]).toEqual(['web']);
    const other = settingsOf(
      file(`${URL}, preset: linkerd`).replace('chains: [shop], min', 'source: http, chains: [shop], min'),
    );
    expect([...other.prometheus!.services.keys()]).toEqual(['db']);
  });

  it('decides what latencies are: meshes and OpenTelemetry measure with the wait for others', () => {
    const scopeOf = (section: string, more?: string) =>
      settingsOf(file(section, more)).monitoring.latencyScope;
    for (const preset of ['istio', 'linkerd', 'opentelemetry']) {
      expect(scopeOf(`${URL}, preset: ${preset}`)).toBe('total');
    }
    expect(scopeOf(`${URL}, queries: { latency: x }`)).toBe('own');
    expect(scopeOf(`${URL}, preset: istio`, '')).toBe('own');
    expect(scopeOf(`${URL}, preset: istio`, 'monitoring: { source: prometheus, latency_scope: own }')).toBe(
      'own',
    );
  });
});

describe('queries', () => {
  const queriesOf = (section: string, web?: string) =>
    settingsOf(file(`${URL}, ${section}`, undefined, web)).prometheus!.queries;

  it('of Istio are those of the called side', () => {
    const { requests, errors, latency, latencySum } = queriesOf(
      'preset: istio, selector: \'destination_workload_namespace="shop"\'',
    );
    const matchers = 'reporter=~"destination|waypoint", destination_workload_namespace="shop"';
    expect(requests).toBe(
      `sum by (destination_canonical_service) (rate(istio_requests_total{${matchers}}[60s]) and istio_requests_total{${matchers}})`,
    );
    expect(errors).toContain('istio_requests_total{response_code=~"5..|0", reporter');
    expect(latency).toContain(
      'sum by (le, destination_canonical_service) (rate(istio_request_duration_milliseconds_bucket{',
    );
    expect(latencySum).toContain('istio_request_duration_milliseconds_sum{response_code!~"5..|0"');
  });

  it('of Linkerd are those of the inbound side', () => {
    const { requests, errors, latency } = queriesOf('preset: linkerd');
    expect(requests).toContain(
      'sum by (deployment) (rate(response_total{direction="inbound",route_name!="probe"}[60s])',
    );
    expect(errors).toContain('classification="failure"');
    expect(latency).toContain('response_latency_ms_bucket{status_code!~"5.."');
  });

  it('of OpenTelemetry count by route, classic or native', () => {
    const classic = queriesOf('preset: opentelemetry');
    expect(classic.requests).toBe(
      'sum by (job, http_route) (rate(http_server_request_duration_seconds_count{}[60s]) and http_server_request_duration_seconds_count{})',
    );
    const native = queriesOf('preset: opentelemetry, histograms: native');
    expect(native.requests).toBe(
      'histogram_count(sum by (job, http_route) (rate(http_server_request_duration_seconds{}[60s]) and http_server_request_duration_seconds{}))',
    );
    expect(native.latencySum).toBeUndefined();
  });

  it('can be replaced one by one and switched off, and know the variables', () => {
    const queries = queriesOf(
      'preset: istio, step: 20, window: 1m, service_label: app, queries: { errors: "sum by ($service_label) (x[$window]) * $step =~ \\"a$\\"", cpu: "" }',
    );
    expect(queries.errors).toBe('sum by (app) (x[60s]) * 20s =~ "a$"');
    expect(queries).not.toHaveProperty('cpu');
    expect(queries.memory).toContain('container_memory_working_set_bytes{container!="",container!="POD"}');
  });
});

describe('names', () => {
  it('of services, chains and pods are our own unless patterns say otherwise', () => {
    const { services, chains } = settingsOf(
      file(
        `${URL}, preset: opentelemetry, services: { web: { match: ["shop/web", "front.*"], chains: { shop: "/cart" } } }, chains: { shop: { match: /buy/.* } }`,
      ),
    ).prometheus!;
    const [web, db] = [services.get('web')!, services.get('db')!];
    expect(['shop/web', 'frontend', 'web', 'xshop/web'].map((name) => web.match.test(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(['db', 'dbx'].map((name) => db.match.test(name))).toEqual([true, false]);
    expect(web.chains.get('shop')?.test('/cart')).toBe(true);
    expect(chains.get('shop')?.test('/buy/1')).toBe(true);
    expect(db).toMatchObject({ namespace: 'data', container: 'main' });
    const pods = [
      'database-6b7c9d8f5-x2x4z',
      'database-0',
      'database',
      'database-backup-28000000-abcde',
      'db-0',
    ];
    expect(pods.map((pod) => db.pods.test(pod))).toEqual([true, true, true, false, false]);
  });
});

describe('a mistake', () => {
  const MISTAKES: Readonly<Record<string, readonly [section: string, problem: RegExp, web?: string]>> = {
    'no address': ['preset: istio', /prometheus.url: nothing, but web is read from Prometheus/],
    'an address without http': [
      'url: "prometheus:9090", preset: istio',
      /prometheus.url: a value that is not shown here \| an http/,
    ],
    'neither preset nor query': [
      URL,
      /prometheus.queries.latency: nothing, but web .* or set prometheus.preset/,
    ],
    'a misspelt key': [
      `${URL}, preset: istio, presett: x`,
      /prometheus.presett: an unknown key .*did you mean preset\?/,
    ],
    'an unknown preset': [`${URL}, preset: envoy`, /one of none, istio, linkerd, opentelemetry/],
    'an unknown variable': [
      `${URL}, queries: { latency: "x[$windw]" }`,
      /prometheus.queries.latency: the unknown variable \$windw .*did you mean window/,
    ],
    'a service that shares chains without a label': [
      `${URL}, preset: istio`,
      /prometheus.chain_label: nothing, but web serves 2 chains/,
      '[shop, browse]',
    ],
    'a pattern that is none': [
      `${URL}, preset: istio, services: { web: { match: "a(" } }`,
      /prometheus.services.web.match: "a\(" \| a regular expression/,
    ],
    'an unknown service': [
      `${URL}, preset: istio, services: { wbe: { match: a } }`,
      /prometheus.services.wbe: an unknown name .*did you mean web/,
    ],
    'an unknown chain': [
      `${URL}, preset: istio, chains: { sho: { match: a } }`,
      /prometheus.chains.sho: an unknown name/,
    ],
    'a chain that a service does not list': [
      `${URL}, preset: istio, services: { web: { chains: { browse: a } } }`,
      /prometheus.services.web.chains.browse: a chain that the service does not list/,
    ],
    'two ways to say who we are': [
      `${URL}, preset: istio, token_file: t, basic_auth: { username: a, password: b }`,
      /token_file and basic_auth/,
    ],
    'a user without password': [
      `${URL}, preset: istio, basic_auth: { username: a }`,
      /prometheus.basic_auth: no password/,
    ],
    'a certificate without key': [
      'url: "https://p", preset: istio, tls: { cert_file: c }',
      /prometheus.tls.key_file: nothing/,
    ],
    'TLS without https': [
      `${URL}, preset: istio, tls: { insecure: true }`,
      /prometheus.tls: settings of TLS/,
    ],
    'a step that minutes are not made of': [
      `${URL}, preset: istio, step: 7`,
      /prometheus.step: the number 7 \| a whole part of 60 s/,
    ],
    'a window with holes': [
      `${URL}, preset: istio, step: 30, window: 15`,
      /prometheus.window: the number 15 \| at least step = 30 s/,
    ],
    'a lookback that is not kept': [
      `${URL}, preset: istio, lookback: 2h`,
      /prometheus.lookback: the number 7200 \| at most monitoring.window_size/,
    ],
    'a header that is none': [
      `${URL}, preset: istio, headers: { "a b": c }`,
      /prometheus.headers: the name "a b"/,
    ],
  };
  for (const [what, [section, problem, web]] of Object.entries(MISTAKES)) {
    it(`is told with where, found and allowed: ${what}`, () => {
      expect(problemsOfFile(file(section, undefined, web)).join('\n')).toMatch(problem);
    });
  }

  it('is told where data would count as stale before it can have come', () => {
    const problems = problemsOfFile(
      file(
        `${URL}, preset: istio, step: 60, delay: 60`,
        'monitoring: { source: prometheus }\ncontrol: { stale_after: 60 }',
      ),
    );
    expect(problems.join()).toMatch(/control.stale_after: the number 60 \| at least 180 s/);
  });
});
