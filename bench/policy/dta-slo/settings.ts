import { buildSettings } from '../../../src/config/build.ts';
import { crossCheck } from '../../../src/config/cross-checks.ts';
import { readDocument } from '../../../src/config/read.ts';
import { ConfigError } from '../../../src/models/errors.ts';
import type { Settings } from '../../../src/models/settings.ts';
import type { KnownApplication, KnownCall, KnownService } from '../policy.ts';
import { stagesOf } from './chain-stages.ts';

export type WritingMode = 'rolling' | 'in-place';

/**
 * What an operator writes for the application: services, bounds, chains and SLOs. All else has its default. A service that
 * no chain visits is nothing to be managed.
 */
export function configurationOf(application: KnownApplication, mode: WritingMode): object {
  const { services, chains } = application;
  const names = services.map(({ name }) => name);
  const chainsOf = (index: number) =>
    chains.filter(({ root }) => visits(root, index)).map(({ name }) => name);
  return {
    services: Object.fromEntries(
      services
        .map((service, index) => ({ service, chains: chainsOf(index) }))
        .filter(({ chains }) => chains.length > 0)
        .map(({ service, chains }) => [service.name, { chains, mode, ...boundsOf(service) }]),
    ),
    slos: Object.fromEntries(chains.map(({ name, sloSeconds }) => [name, sloSeconds])),
    chains: Object.fromEntries(chains.map(({ name, root }) => [name, { stages: stagesOf(root, names) }])),
    // Instances have their request for their limit, as for every other policy.
    kubernetes: { limit_factor: 1 },
  };
}

export interface Operation {
  readonly mode: WritingMode;
  /** Folder of the history. */
  readonly folder: string;
  /** Sections of the configuration beside those of the application, to try out other than the defaults. */
  readonly sections?: object | undefined;
}

/** The product's settings. Throws a ConfigError. */
export function settingsOf(application: KnownApplication, { mode, folder, sections }: Operation): Settings {
  const document = { ...configurationOf(application, mode), ...sections };
  const { readable, complete, problems } = readDocument(document, application.name);
  const all = [...problems, ...crossCheck(readable, application.name)];
  if (complete === undefined || all.length > 0) throw new ConfigError(all);
  return buildSettings(complete, { dataFolder: folder });
}

function visits(call: KnownCall, service: number): boolean {
  return call.service === service || call.stages.flat().some((child) => visits(child, service));
}

function boundsOf(service: KnownService): object {
  return {
    min_cpu: service.minCpu,
    max_cpu: service.maxCpu,
    min_memory: service.minMemory,
    max_memory: service.maxMemory,
    min_instances: service.minInstances,
    max_instances: service.maxInstances,
  };
}
