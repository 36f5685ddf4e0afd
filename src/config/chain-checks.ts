/** Whether services, SLOs and chain graphs name each other rightly. */
import { countWays, type StageInFile } from './chain-ways.ts';
import type { Found } from './cross-checks.ts';
import { joinKey, quote } from './describe-value.ts';
import { hint } from './hint.ts';
import type { Readable } from './read.ts';
import type { ConfigFile } from './schema.ts';
import { servicesByChain } from './services-by-chain.ts';

type File = Readable<ConfigFile>;
type Chain = NonNullable<NonNullable<File['chains']>[string]>;

export function chainProblems(file: File): Found[] {
  const entries = Object.entries(file.services ?? {});
  // With a service whose chains cannot be read, nobody knows which chains there are.
  if (entries.some(([, service]) => service?.chains === undefined)) return [];
  const services = servicesByChain(entries);
  return [
    ...emptinessProblems(file),
    ...sloProblems(file, services),
    ...readableEntries(file.chains).flatMap(([name, chain]) =>
      graphProblems(joinKey('chains', name), chain, services.get(name), Object.keys(file.services ?? {})),
    ),
  ];
}

function emptinessProblems({ services }: File): Found[] {
  if (services === undefined || Object.keys(services).length > 0) return [];
  return [{ path: 'services', found: 'no service', allowed: 'at least one service' }];
}

function sloProblems(file: File, services: ReadonlyMap<string, readonly string[]>): Found[] {
  if (file.slos === undefined || file.services === undefined) return [];
  const names = new Set(readableEntries(file.slos).map(([name]) => name));
  const withoutSlo = [...services].filter(([chain]) => !names.has(chain));
  const withoutService = [...names].filter((name) => !services.has(name));
  return [
    ...withoutSlo.map(([chain, by]) => ({
      path: joinKey('slos', chain),
      found: `nothing, but ${by.join(', ')} lists the chain`,
      allowed: `a number of seconds${hint(chain, withoutService)}`,
    })),
    ...withoutService.map((name) => ({
      path: joinKey('slos', name),
      found: 'an SLO of a chain that no service lists',
      allowed: `${listed([...services.keys()])}${hint(name, [...services.keys()])}`,
    })),
  ];
}

/** `listing`: the services that list the chain; undefined when none does. */
function graphProblems(
  path: string,
  chain: Chain,
  listing: readonly string[] | undefined,
  known: readonly string[],
): Found[] {
  if (listing === undefined) {
    return [{ path, found: 'a chain that no service lists', allowed: 'a chain that a service lists' }];
  }
  if (chain.stages === undefined) return [];
  const named = chain.stages.flat(8);
  return [
    ...chain.stages.flatMap((stage, index) => tooManyWays(`${path}.stages[${index}]`, stage)),
    ...unique(named).flatMap((service) => memberProblem(`${path}.stages`, service, listing, known)),
    ...listing
      .filter((service) => !named.includes(service))
      .map((service) => ({
        path: `${path}.stages`,
        found: `no ${quote(service)}, which lists the chain`,
        allowed: 'every service that lists the chain',
      })),
    ...readableEntries(chain.visits)
      .filter(([service]) => !named.includes(service))
      .map(([service]) => ({
        path: joinKey(`${path}.visits`, service),
        found: 'a service that the stages do not name',
        allowed: `${listed(unique(named))}${hint(service, unique(named))}`,
      })),
  ];
}

/** Ways through a stage at most: they multiply where stages follow each other in a branch. */
const MOST_WAYS = 64;

function tooManyWays(path: string, stage: StageInFile): Found[] {
  const ways = countWays(stage);
  if (ways <= MOST_WAYS) return [];
  return [{ path, found: `${ways} ways through its branches`, allowed: `at most ${MOST_WAYS}` }];
}

function memberProblem(
  path: string,
  service: string,
  listing: readonly string[],
  known: readonly string[],
): Found[] {
  if (listing.includes(service)) return [];
  if (known.includes(service)) {
    const found = `${quote(service)}, which does not list the chain`;
    return [{ path, found, allowed: `${listed(listing)}, or add the chain to the service` }];
  }
  return [
    {
      path,
      found: `the unknown service ${quote(service)}`,
      allowed: `${listed(listing)}${hint(service, known)}`,
    },
  ];
}

/** Without those whose name or value could not be read. */
function readableEntries<T>(record: Readonly<Record<string, T>> | undefined): [string, NonNullable<T>][] {
  return Object.entries(record ?? {}).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, value]],
  );
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** Most names that a message lists. */
const MOST_NAMES = 10;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing: no service lists a chain';
  const rest = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
