import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/models/errors.ts';
import type { CellChoice } from './cell.ts';
import { parsed, SHARED_FLAGS, SHARED_USAGE, type SharedOptions, sharedOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

export const TABLE_USAGE = `npm run -s bench:policy:all -- [options]

  --topologies DIR    where the applications' files are (../shared/topologies)
  --traces DIR        where the traces are (../shared/traces)
  --cells A:T,…       only these cells, as in social-network:diurnal
${SHARED_USAGE}
  --series DIR        writes load, cores and latency by the minute there, and plots of them, by cell`;

/** Applications by what their files begin with; the last one has none. */
const SHIPPED = 'shipped';
const APPLICATIONS = ['social-network', 'hotel-reserv', SHIPPED] as const;
const TRACES = ['diurnal', 'noisy', 'twitter', 'nasa'] as const;

export interface NamedCell {
  /** As in `hotel-reserv:nasa`. */
  readonly name: string;
  readonly choice: CellChoice;
}

export interface TableOptions extends SharedOptions {
  readonly cells: readonly NamedCell[];
  readonly series: string | undefined;
}

const text = { type: 'string' } as const;

/** @throws UsageError that says which option is wrong */
export function tableOptions(args: readonly string[]): TableOptions | 'help' {
  const { values } = parsed(args, {
    ...SHARED_FLAGS,
    topologies: { ...text, default: '../shared/topologies' },
    traces: { ...text, default: '../shared/traces' },
    cells: text,
    series: text,
  });
  if (values.help) return 'help';
  const shared = sharedOptions(values);
  const cells = chosen(values.cells?.split(',')).map(({ name, application, trace }) => ({
    name,
    choice: {
      ...applicationFiles(values.topologies, application),
      trace: traceFile(values.traces, trace),
      hours: shared.hours,
      seed: shared.seed,
    },
  }));
  return { ...shared, cells, series: values.series };
}

function chosen(names: readonly string[] | undefined) {
  const all = APPLICATIONS.flatMap((application) =>
    TRACES.map((trace) => ({ name: `${application}:${trace}`, application, trace })),
  );
  return (names ?? all.map(({ name }) => name)).map((wanted) => {
    const found = all.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
    const allowed = all.map(({ name }) => name).join(', ');
    throw new UsageError(`--cells: found ${wanted}, allowed: ${allowed}`);
  });
}

function applicationFiles(folder: string, application: string): Pick<CellChoice, 'calls' | 'profiles'> {
  if (application === SHIPPED) return {};
  const file = (kind: string) => join(folder, `${application}-${kind}.csv`);
  return { calls: file('calls'), profiles: file('profiles') };
}

/** The trace's name goes on with its length and step. */
function traceFile(folder: string, trace: string): string {
  const file = filesIn(folder).find((name) => name.startsWith(`${trace}-`) && /\.csv(\.gz)?$/.test(name));
  if (file !== undefined) return join(folder, file);
  throw new UsageError(`--traces: found no ${trace}-….csv in ${folder}`);
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new UsageError(`--traces: ${messageOf(error)}`, { cause: error });
  }
}
