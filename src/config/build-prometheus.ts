/** From the section `prometheus` to what the source works with: presets and variables filled in. */
import type {
  FedService,
  PrometheusAccess,
  PrometheusQueries,
  PrometheusSettings,
} from '../models/prometheus-settings.ts';
import { Secret } from '../models/secret.ts';
import { fillIn } from './fill-in.ts';
import { PRESETS, presetQueries } from './prometheus-presets.ts';
import type { ConfigFile } from './schema.ts';

type Section = ConfigFile['prometheus'];
type FileService = ConfigFile['services'][string];

/** Undefined when no service is fed by it, or it has no address. */
export function buildPrometheus(file: ConfigFile): PrometheusSettings | undefined {
  const { prometheus: section, monitoring } = file;
  const services = fedServices(file);
  if (section.url === undefined || services.size === 0) return undefined;
  const { partial_answers, max_answer, step, window, delay, timeout } = section;
  const chain = chainLabel(section);
  return {
    url: section.url.replace(/\/+$/, ''),
    queries: queries(section),
    labels: {
      service: serviceLabel(section),
      ...(chain === undefined ? {} : { chain }),
      pod: section.pod_label ?? 'pod',
    },
    latencyUnitSeconds: (section.latency_unit ?? PRESETS[section.preset].latencyUnit) === 'ms' ? 0.001 : 1,
    services,
    chains: new Map(
      Object.entries(section.chains).flatMap(([id, { match }]) =>
        match === undefined ? [] : [[id, wholeValue(match)] as const],
      ),
    ),
    step,
    window,
    delay,
    timeout,
    lookback: section.lookback ?? monitoring.window_size,
    maxAnswerBytes: max_answer,
    partialAnswers: partial_answers,
    access: access(section),
  };
}

/** Whether times contain the wait for called services, where the file does not say. */
export function latencyScope(file: ConfigFile): 'own' | 'total' {
  return fedEntries(file).length === 0 ? 'own' : PRESETS[file.prometheus.preset].latencyScope;
}

function fedEntries({ services, monitoring }: ConfigFile): [string, FileService][] {
  return Object.entries(services).filter(([, { source }]) => (source ?? monitoring.source) === 'prometheus');
}

function fedServices(file: ConfigFile): ReadonlyMap<string, FedService> {
  const mapping = new Map(Object.entries(file.prometheus.services));
  return new Map(
    fedEntries(file).map(([id, { deployment, namespace, container }]) => {
      const { match, pods, chains = {} } = mapping.get(id) ?? {};
      const fed: FedService = {
        match: wholeValue(match ?? [literal(id)]),
        pods: wholeValue(pods ?? [podsOf(deployment ?? id)]),
        chains: new Map(Object.entries(chains).map(([chain, list]) => [chain, wholeValue(list)])),
        ...(namespace === undefined ? {} : { namespace }),
        ...(container === undefined ? {} : { container }),
      };
      return [id, fed];
    }),
  );
}

/** Pods of a Deployment (`name-<template hash>-<5 characters>`), of a StatefulSet (`name-<number>`), or the name itself. */
function podsOf(name: string): string {
  return `${literal(name)}(?:-[a-z0-9]{1,10}-[a-z0-9]{5}|-[0-9]+)?`;
}

function queries(section: Section): PrometheusQueries {
  const { queries: own, step, window } = section;
  const words = {
    histograms: section.histograms,
    serviceLabel: serviceLabel(section),
    chainLabel: chainLabel(section),
    podLabel: section.pod_label ?? 'pod',
    selector: section.selector,
    podSelector: section.pod_selector,
  };
  const { latency_sum, end_to_end, end_to_end_errors, ...others } = own;
  const named = {
    ...others,
    latencySum: latency_sum,
    endToEnd: end_to_end,
    endToEndErrors: end_to_end_errors,
  };
  const told = Object.entries({ ...presetQueries(PRESETS[section.preset], words), ...withoutAbsent(named) });
  const variables = {
    window: `${window}s`,
    step: `${step}s`,
    service_label: words.serviceLabel,
    chain_label: words.chainLabel ?? '',
    pod_label: words.podLabel,
    selector: words.selector,
    pod_selector: words.podSelector,
  };
  return Object.fromEntries(
    told.filter(([, query]) => query !== '').map(([name, query]) => [name, fillIn(query, variables)]),
  );
}

function withoutAbsent(queries: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(queries).flatMap(([name, query]) => (query === undefined ? [] : [[name, query]])),
  );
}

function serviceLabel({ service_label, preset }: Section): string {
  return service_label ?? PRESETS[preset].serviceLabel;
}

function chainLabel({ chain_label, preset }: Section): string | undefined {
  return chain_label ?? PRESETS[preset].chainLabel;
}

function access({ headers, token_file, basic_auth, tls }: Section): PrometheusAccess {
  const password = basic_auth?.password_file;
  return {
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, new Secret(value)])),
    ...(token_file === undefined ? {} : { tokenFile: token_file }),
    ...(basic_auth === undefined
      ? {}
      : {
          basic: {
            username: basic_auth.username,
            password: password === undefined ? new Secret(basic_auth.password ?? '') : { file: password },
          },
        }),
    tls: {
      insecure: tls.insecure,
      ...(tls.ca_file === undefined ? {} : { caFile: tls.ca_file }),
      ...(tls.cert_file === undefined ? {} : { certFile: tls.cert_file }),
      ...(tls.key_file === undefined ? {} : { keyFile: tls.key_file }),
      ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
    },
  };
}

function wholeValue(patterns: readonly string[]): RegExp {
  return new RegExp(`^(?:${patterns.join('|')})$`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
