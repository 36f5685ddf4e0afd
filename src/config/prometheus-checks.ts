/** What single values of the section `prometheus` cannot tell. */
import type { Found } from './cross-checks.ts';
import { joinKey, quote } from './describe-value.ts';
import { QUERY_VARIABLES, unknownVariables } from './fill-in.ts';
import { hint } from './hint.ts';
import { PRESETS } from './prometheus-presets.ts';
import type { Readable } from './read.ts';
import type { ConfigFile } from './schema.ts';

type File = Readable<ConfigFile>;
type Section = NonNullable<File['prometheus']>;

export function prometheusProblems(file: File): Found[] {
  const section = file.prometheus;
  if (section === undefined) return [];
  const fed = fedServices(file);
  return [
    ...patternProblems(section),
    ...chainNameProblems(file, section),
    ...nameProblems('services', Object.keys(section.services ?? {}), Object.keys(file.services ?? {})),
    ...nameProblems('chains', Object.keys(section.chains ?? {}), Object.keys(file.slos ?? {})),
    ...variableProblems(section),
    ...accessProblems(section),
    ...timeProblems(file, section),
    ...(fed.length === 0 ? [] : useProblems(section, fed)),
  ];
}

function fedServices({ services, monitoring }: File): [string, { readonly chains?: readonly string[] }][] {
  return Object.entries(services ?? {}).flatMap(([id, service]) =>
    (service?.source ?? monitoring?.source) === 'prometheus' ? [[id, service ?? {}]] : [],
  );
}

/** What is needed only where a service is fed by Prometheus. */
function useProblems(section: Section, fed: readonly [string, { chains?: readonly string[] }][]): Found[] {
  const by = `nothing, but ${fed[0]?.[0]} is read from Prometheus`;
  const problems: Found[] = [];
  if (section.url === undefined) {
    problems.push({ path: 'prometheus.url', found: by, allowed: 'an http:// or https:// address' });
  }
  const preset = section.preset === undefined ? undefined : PRESETS[section.preset];
  if (preset?.metric === undefined && !section.queries?.latency) {
    const allowed = 'PromQL for the latency histogram; or set prometheus.preset';
    problems.push({ path: 'prometheus.queries.latency', found: by, allowed });
  }
  if (section.queries?.latency === '') return problems;
  const shared = fed.find(([, { chains = [] }]) => chains.length > 1);
  if (
    preset !== undefined &&
    shared !== undefined &&
    (section.chain_label ?? preset.chainLabel) === undefined
  ) {
    const found = `nothing, but ${shared[0]} serves ${shared[1].chains?.length} chains`;
    problems.push({
      path: 'prometheus.chain_label',
      found,
      allowed: 'the label that tells its chains apart',
    });
  }
  return problems;
}

interface NamedPatterns {
  readonly path: string;
  readonly patterns: readonly string[];
}

function patternProblems({ services = {}, chains = {} }: Section): Found[] {
  const named: NamedPatterns[] = [
    ...Object.entries(services).flatMap(([id, service]) => {
      const path = joinKey('prometheus.services', id);
      const { match = [], pods = [], chains: ofService = {} } = service ?? {};
      const byChain = Object.entries(ofService).map(([chain, patterns = []]) => ({
        path: joinKey(`${path}.chains`, chain),
        patterns,
      }));
      return [
        { path: `${path}.match`, patterns: match },
        { path: `${path}.pods`, patterns: pods },
        ...byChain,
      ];
    }),
    ...Object.entries(chains).map(([id, chain]) => ({
      path: `${joinKey('prometheus.chains', id)}.match`,
      patterns: chain?.match ?? [],
    })),
  ];
  return named.flatMap(({ path, patterns }) =>
    patterns
      .filter((pattern) => !isPattern(pattern))
      .map((pattern) => ({ path, found: quote(pattern), allowed: 'a regular expression' })),
  );
}

/** Chains that are named at a service must be served there. */
function chainNameProblems(file: File, { services = {} }: Section): Found[] {
  return Object.entries(services).flatMap(([id, service]) => {
    const served = file.services?.[id]?.chains;
    if (served === undefined) return [];
    return Object.keys(service?.chains ?? {})
      .filter((chain) => !served.includes(chain))
      .map((chain) => ({
        path: joinKey(`${joinKey('prometheus.services', id)}.chains`, chain),
        found: 'a chain that the service does not list',
        allowed: served.join(', '),
      }));
  });
}

function isPattern(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`);
    return true;
  } catch {
    return false;
  }
}

function nameProblems(group: string, named: readonly string[], known: readonly string[]): Found[] {
  return named
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: joinKey(`prometheus.${group}`, name),
      found: 'an unknown name',
      allowed: `one of the ${group}${hint(name, known)}`,
    }));
}

function variableProblems({ queries }: Section): Found[] {
  return Object.entries(queries ?? {}).flatMap(([name, query]) =>
    unknownVariables(query ?? '').map((variable) => ({
      path: `prometheus.queries.${name}`,
      found: `the unknown variable $${variable}`,
      allowed: QUERY_VARIABLES.map((known) => `$${known}`).join(', ') + hint(variable, QUERY_VARIABLES),
    })),
  );
}

function accessProblems({ url, basic_auth: basic, token_file, headers, tls }: Section): Found[] {
  const problems: Found[] = [];
  const authorizations = [
    ...(token_file === undefined ? [] : ['token_file']),
    ...(basic === undefined ? [] : ['basic_auth']),
    ...Object.keys(headers ?? {})
      .filter((name) => name.toLowerCase() === 'authorization')
      .map((name) => `headers.${name}`),
  ];
  if (authorizations.length > 1) {
    const found = authorizations.join(' and ');
    problems.push({ path: 'prometheus', found, allowed: 'one of them: each is an authorization' });
  }
  if (basic !== undefined && (basic.password === undefined) === (basic.password_file === undefined)) {
    const found = basic.password === undefined ? 'no password' : 'password and password_file';
    problems.push({ path: 'prometheus.basic_auth', found, allowed: 'either password or password_file' });
  }
  if ((tls?.cert_file === undefined) !== (tls?.key_file === undefined)) {
    const [given, other] =
      tls?.cert_file === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
    problems.push({
      path: `prometheus.tls.${other}`,
      found: `nothing, but there is a ${given}`,
      allowed: 'a PEM file',
    });
  }
  const isPlain = url?.startsWith('http:') === true;
  if (isPlain && Object.entries(tls ?? {}).some(([, value]) => value !== undefined && value !== false)) {
    problems.push({
      path: 'prometheus.tls',
      found: 'settings of TLS',
      allowed: 'nothing with an http:// address',
    });
  }
  return problems;
}

function timeProblems({ monitoring, control }: File, section: Section): Found[] {
  const { step, window, delay, lookback } = section;
  const problems: Found[] = [];
  if (step !== undefined && 60 % step !== 0) {
    problems.push({ path: 'prometheus.step', found: `the number ${step}`, allowed: 'a whole part of 60 s' });
  }
  if (step !== undefined && window !== undefined && window < step) {
    const allowed = `at least step = ${step} s: what lies between two windows would not be counted`;
    problems.push({ path: 'prometheus.window', found: `the number ${window}`, allowed });
  }
  const reach = monitoring?.window_size;
  if (lookback !== undefined && reach !== undefined && lookback > reach) {
    const allowed = `at most monitoring.window_size = ${reach} s`;
    problems.push({ path: 'prometheus.lookback', found: `the number ${lookback}`, allowed });
  }
  const stale = control?.stale_after;
  const isFed = section.url !== undefined && step !== undefined && delay !== undefined;
  if (isFed && stale !== undefined && stale < 2 * step + delay) {
    const allowed = `at least ${2 * step + delay} s: what Prometheus tells is 2 × step + delay late at times`;
    problems.push({ path: 'control.stale_after', found: `the number ${stale}`, allowed });
  }
  return problems;
}
