import type {
  PlanningChain,
  PlanningProblem,
  PlanningService,
  PlanningVisit,
} from '../../src/models/plans.ts';

/** Everything that is wrong with a problem file, one line each: where, what was found, what is allowed. */
export class ProblemFileError extends Error {
  override readonly name = 'ProblemFileError';
}

/** Reads the benchmark's problem file; throws a ProblemFileError with all that is wrong at once. */
export function parseProblem(text: string): PlanningProblem {
  const reader = new Reader();
  const file = new Entry(reader, parseJson(text), '');
  const services = file.list('services', 1).map(parseService);
  const known = reader.unique(services.map(({ id }, i) => ({ id, where: `services[${i}].id` })));
  const chains = file.list('chains', 0).map((entry) => parseChain(entry, known));
  reader.unique(chains.map(({ id }, i) => ({ id, where: `chains[${i}].id` })));
  if (reader.complaints.size > 0) throw new ProblemFileError([...reader.complaints].join('\n'));
  return { services, chains };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemFileError(`not JSON: ${reason}`);
  }
}

function parseService(service: Entry): PlanningService {
  const minCpu = service.figure('min_cpu', ABOVE_0);
  const maxCpu = service.figure('max_cpu', { least: minCpu, because: 'min_cpu' });
  const minInstances = service.figure('min_instances', { least: 1, whole: true });
  return {
    id: service.text('id'),
    pricePerCore: service.figure('price', FROM_0),
    pricePerMebibyte: 0,
    instanceCost: service.figure('instance_cost', FROM_0),
    minCpu,
    maxCpu,
    minInstances,
    maxInstances: service.figure('max_instances', {
      least: minInstances,
      because: 'min_instances',
      whole: true,
    }),
    parallelism: maxCpu,
    quantum: service.figure('quantum', ABOVE_0),
    exponent: service.figure('exponent', { least: 1 }),
    verticalExponent: service.figure('vertical_exponent', FROM_0),
    memory: 0,
  };
}

function parseChain(chain: Entry, known: ReadonlySet<string>): PlanningChain {
  return {
    id: chain.text('id'),
    sloSeconds: chain.figure('slo', ABOVE_0),
    priority: 1,
    rate: chain.figure('rate', FROM_0),
    composition: chain.figure('composition', ABOVE_0),
    overheadSeconds: 0,
    stages: chain
      .list('stages', 1)
      .map((stage) =>
        stage.items(1).map((branch) => branch.items(1).map((visit) => parseVisit(visit, known))),
      ),
  };
}

function parseVisit(visit: Entry, known: ReadonlySet<string>): PlanningVisit {
  return {
    service: visit.oneOf('service', known, 'the services'),
    visits: visit.figure('visits', FROM_0),
    demand: visit.figure('demand', FROM_0),
    floor: visit.figure('floor', FROM_0),
    queueing: visit.figure('queueing', FROM_0),
  };
}

interface Range {
  readonly least: number;
  /** The least value itself is too small. */
  readonly above?: boolean;
  /** Where the least value comes from. */
  readonly because?: string;
  readonly whole?: boolean;
}

const FROM_0: Range = { least: 0 };
const ABOVE_0: Range = { least: 0, above: true };

class Reader {
  /** One of each: an entry that is no object has none of the fields. */
  readonly complaints = new Set<string>();

  complain(where: string, found: unknown, allowed: string): void {
    this.complaints.add(`${where || 'file'}: found ${shown(found)}, allowed: ${allowed}`);
  }

  /** The ids as a set; complains of those that come twice. */
  unique(ids: readonly { readonly id: string; readonly where: string }[]): ReadonlySet<string> {
    const first = new Map<string, string>();
    for (const { id, where } of ids) {
      const before = first.get(id);
      if (before === undefined) first.set(id, where);
      else if (id !== '') this.complain(where, id, `an id of its own; ${before} has this one`);
    }
    return new Set(first.keys());
  }
}

/** A value of the file and where it stands; what cannot be read is complained of and stands as 0, '' or nothing. */
class Entry {
  readonly #reader: Reader;
  readonly #value: unknown;
  readonly #where: string;
  #fields: ReadonlyMap<string, unknown> | undefined;

  constructor(reader: Reader, value: unknown, where: string) {
    this.#reader = reader;
    this.#value = value;
    this.#where = where;
  }

  list(key: string, least: number): readonly Entry[] {
    return this.#field(key)?.items(least) ?? [];
  }

  items(least: number): readonly Entry[] {
    const value = this.#value;
    const allowed = least > 0 ? 'a list with at least one entry' : 'a list';
    if (!Array.isArray(value) || value.length < least) {
      this.#reader.complain(this.#where, value, allowed);
      return [];
    }
    return value.map((item: unknown, i) => new Entry(this.#reader, item, `${this.#where}[${i}]`));
  }

  figure(key: string, range: Range): number {
    const field = this.#field(key);
    if (field === undefined) return 0;
    const value = field.#value;
    if (typeof value === 'number' && isIn(value, range)) return value;
    this.#reader.complain(field.#where, value, described(range));
    return 0;
  }

  text(key: string): string {
    const field = this.#field(key);
    if (field === undefined) return '';
    if (typeof field.#value === 'string' && field.#value !== '') return field.#value;
    this.#reader.complain(field.#where, field.#value, 'a text that is not empty');
    return '';
  }

  oneOf(key: string, allowed: ReadonlySet<string>, name: string): string {
    const value = this.text(key);
    if (value !== '' && !allowed.has(value)) {
      this.#reader.complain(`${this.#where}.${key}`, value, `the id of one of ${name}`);
    }
    return value;
  }

  /** Undefined, complained of, when there is none. */
  #field(key: string): Entry | undefined {
    const fields = this.#fieldsOf();
    if (fields === undefined) {
      this.#reader.complain(this.#where, this.#value, 'an object');
      return undefined;
    }
    const where = this.#where === '' ? key : `${this.#where}.${key}`;
    if (fields.has(key)) return new Entry(this.#reader, fields.get(key), where);
    this.#reader.complain(where, undefined, 'a value; it must be given');
    return undefined;
  }

  #fieldsOf(): ReadonlyMap<string, unknown> | undefined {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    this.#fields ??= new Map(Object.entries(value));
    return this.#fields;
  }
}

function isIn(value: number, { least, above, whole }: Range): boolean {
  if (!Number.isFinite(value) || (whole === true && !Number.isInteger(value))) return false;
  return above === true ? value > least : value >= least;
}

function described({ least, above, because, whole }: Range): string {
  const kind = whole === true ? 'a whole number' : 'a number';
  const source = because === undefined ? '' : ` (${because})`;
  return `${kind} ${above === true ? 'above' : 'from'} ${least}${source}${above === true ? '' : ' on'}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
