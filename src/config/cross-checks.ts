/** What single values cannot tell: bounds against each other, and whether services, chains and SLOs fit together. */
import type { ConfigProblem } from '../models/errors.ts';
import { chainProblems } from './chain-checks.ts';
import { joinKey, quote } from './describe-value.ts';
import { freezeProblems } from './freeze-windows.ts';
import { prometheusProblems } from './prometheus-checks.ts';
import type { Readable } from './read.ts';
import type { ConfigFile } from './schema.ts';
import { defaultStep } from './step.ts';

type File = Readable<ConfigFile>;
export type Found = Omit<ConfigProblem, 'source'>;

/** Speaks only of what could be read: a value with a problem of its own gets no second one. */
export function crossCheck(file: File, source: string): ConfigProblem[] {
  return [
    ...stepProblems(file),
    ...intervalProblems(file),
    ...seriesProblems(file),
    ...freezeProblems(file.control?.freeze_windows),
    ...Object.entries(file.services ?? {}).flatMap(([name, service]) => boundProblems(name, service ?? {})),
    ...chainProblems(file),
    ...prometheusProblems(file),
  ].map((found) => ({ source, ...found }));
}

function stepProblems({ monitoring, prediction }: File): Found[] {
  const windowSize = monitoring?.window_size;
  const length = prediction?.sequence_length;
  if (windowSize === undefined || length === undefined) return [];
  const step = prediction?.step;
  if (step === undefined) {
    const derived = defaultStep(windowSize, length);
    if (Number.isInteger(derived) && derived >= 1) return [];
    const found = `nothing, which means window_size / sequence_length = ${windowSize} / ${length} s`;
    return [{ path: 'prediction.step', found, allowed: 'a whole number of seconds; set it' }];
  }
  if (step * length <= windowSize) return [];
  const found = `${length} steps of ${step} s`;
  return [
    { path: 'prediction.step', found, allowed: `at most monitoring.window_size = ${windowSize} s in all` },
  ];
}

function intervalProblems({ control }: File): Found[] {
  return ordered('control', control ?? {}, 'min_interval', 'interval');
}

/** Every chain at each service that lists it, and end to end, is a series of the monitor. */
function seriesProblems({ monitoring, services, slos }: File): Found[] {
  const most = monitoring?.max_series;
  const lists = Object.values(services ?? {}).map((service) => service?.chains);
  if (most === undefined || slos === undefined || !lists.every((chains) => chains !== undefined)) return [];
  const pairs = lists.reduce((sum, chains) => sum + chains.length, Object.keys(slos).length);
  if (most >= pairs) return [];
  const allowed = `at least ${pairs}: each chain at each service that lists it, and each chain end to end`;
  return [{ path: 'monitoring.max_series', found: `the number ${most}`, allowed }];
}

type Service = NonNullable<NonNullable<File['services']>[string]>;

function boundProblems(name: string, service: Service): Found[] {
  const path = joinKey('services', name);
  return [
    ...ordered(path, service, 'min_cpu', 'max_cpu'),
    ...ordered(path, service, 'min_memory', 'max_memory'),
    ...ordered(path, service, 'min_instances', 'max_instances'),
    ...inside(`${path}.initial.cpu`, service.initial?.cpu, service.min_cpu, service.max_cpu),
    ...inside(`${path}.initial.memory`, service.initial?.memory, service.min_memory, service.max_memory),
    ...inside(
      `${path}.initial.instances`,
      service.initial?.instances,
      service.min_instances,
      service.max_instances,
    ),
    ...repeated(path, service.chains ?? []),
  ];
}

function ordered<Key extends string>(
  path: string,
  section: { readonly [K in Key]?: unknown },
  lowKey: Key,
  highKey: Key,
): Found[] {
  const low = section[lowKey];
  const high = section[highKey];
  if (typeof low !== 'number' || typeof high !== 'number' || low <= high) return [];
  return [{ path: `${path}.${lowKey}`, found: `the number ${low}`, allowed: `at most ${highKey} = ${high}` }];
}

function inside(path: string, value = Number.NaN, low = Number.NaN, high = Number.NaN): Found[] {
  if (!(low <= high) || !(value < low || value > high)) return [];
  return [
    { path, found: `the number ${value}`, allowed: `from ${low} to ${high}, the bounds of the service` },
  ];
}

function repeated(path: string, chains: readonly string[]): Found[] {
  const first = new Map([...chains.entries()].reverse().map(([index, chain]) => [chain, index]));
  return chains.flatMap((chain, index) =>
    first.get(chain) === index
      ? []
      : [{ path: `${path}.chains[${index}]`, found: `${quote(chain)} again`, allowed: 'each chain once' }],
  );
}
