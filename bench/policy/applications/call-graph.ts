/** An application out of two files: its call graph and its measured latency profiles. */
import { basename } from 'node:path';
import type { Application, Call } from '../../simulator/application.ts';
import { CALL_COLUMNS, type CallRow, type VisitTree, visitTree } from './call-tree.ts';
import { parseCsv, readCsvFile } from './csv.ts';
import { groupBy } from './group-by.ts';
import { type Demands, PROFILE_COLUMNS, type ProfileRow, serviceDemands } from './service-demands.ts';
import { usualSlo } from './unloaded.ts';
import { usualCall, usualService } from './usual.ts';

/** A file by its name and what it says. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads `*-calls.csv` (parentMS, childMS, tag, service, step) and `*-profiles.csv` (success, inflection, tag); the name
 * of the application is that of the first file. Chains have equal shares.
 *
 * @throws Error that names file and line, what was found and what is allowed
 */
export function readApplication(callsFile: string, profilesFile: string): Application {
  const calls = readCsvFile(callsFile, CALL_COLUMNS);
  return applicationOf(callsFile, calls, profilesFile, readCsvFile(profilesFile, PROFILE_COLUMNS));
}

export function parseApplication(calls: TextFile, profiles: TextFile): Application {
  const callRows = parseCsv(calls.name, calls.text, CALL_COLUMNS);
  return applicationOf(
    calls.name,
    callRows,
    profiles.name,
    parseCsv(profiles.name, profiles.text, PROFILE_COLUMNS),
  );
}

function applicationOf(
  callsFile: string,
  calls: readonly CallRow[],
  profilesFile: string,
  profiles: readonly ProfileRow[],
): Application {
  if (calls.length === 0) throw new Error(`${callsFile}: found no calls, allowed: one or more`);
  const trees = groupBy(calls, ({ cells }) => cells.service);
  const names = [...trees.keys()].sort();
  const roots = names.map((chain) => visitTree(trees.get(chain)!));
  const services = [...new Set(roots.flatMap(servicesOf))].sort();
  const demands = serviceDemands(profilesFile, profiles);
  return {
    name: basename(callsFile)
      .replace(/\.csv$/, '')
      .replace(/-calls$/, ''),
    services: services.map(usualService),
    chains: names.map((chain, i) => {
      const root = callOf(roots[i]!, chain, services, demands);
      return { name: chain, share: 1 / names.length, root, sloSeconds: usualSlo(root) };
    }),
  };
}

function servicesOf(tree: VisitTree): string[] {
  return [tree.service, ...tree.stages.flat().flatMap(servicesOf)];
}

function callOf(tree: VisitTree, chain: string, services: readonly string[], demands: Demands): Call {
  const stages = tree.stages.map((stage) => stage.map((child) => callOf(child, chain, services, demands)));
  return usualCall(services.indexOf(tree.service), demands.of(chain, tree.service), stages);
}
