import type {
  PlanningChain,
  PlanningProblem,
  PlanningService,
  PlanningVisit,
} from '../../src/models/plans.ts';

/** Reads the benchmark's problem file; throws a TypeError that names what is wrong where. */
export function parseProblem(text: string): PlanningProblem {
  const file = fields(JSON.parse(text), 'file');
  const services = list(file, 'services', 'file').map((entry, i) => parseService(entry, `services[${i}]`));
  const known = new Set(services.map(({ id }) => id));
  const chains = list(file, 'chains', 'file').map((entry, i) => parseChain(entry, `chains[${i}]`, known));
  return { services, chains };
}

function parseService(entry: unknown, where: string): PlanningService {
  const service = fields(entry, where);
  const maxCpu = figure(service, 'max_cpu', where);
  return {
    id: text(service, 'id', where),
    pricePerCore: figure(service, 'price', where),
    pricePerMebibyte: 0,
    instanceCost: figure(service, 'instance_cost', where),
    minCpu: figure(service, 'min_cpu', where),
    maxCpu,
    minInstances: figure(service, 'min_instances', where),
    maxInstances: figure(service, 'max_instances', where),
    parallelism: maxCpu,
    quantum: figure(service, 'quantum', where),
    exponent: figure(service, 'exponent', where),
    verticalExponent: figure(service, 'vertical_exponent', where),
    memory: 0,
  };
}

function parseChain(entry: unknown, where: string, known: ReadonlySet<string>): PlanningChain {
  const chain = fields(entry, where);
  return {
    id: text(chain, 'id', where),
    sloSeconds: figure(chain, 'slo', where),
    priority: 1,
    rate: figure(chain, 'rate', where),
    composition: figure(chain, 'composition', where),
    overheadSeconds: 0,
    stages: list(chain, 'stages', where).map((stage, i) =>
      array(stage, `${where}.stages[${i}]`).map((branch, b) =>
        array(branch, `${where}.stages[${i}][${b}]`).map((visit, v) =>
          parseVisit(visit, `${where}.stages[${i}][${b}][${v}]`, known),
        ),
      ),
    ),
  };
}

function parseVisit(entry: unknown, where: string, known: ReadonlySet<string>): PlanningVisit {
  const visit = fields(entry, where);
  const service = text(visit, 'service', where);
  if (!known.has(service)) throw new TypeError(`${where}.service: ${service} is not among the services`);
  return {
    service,
    visits: figure(visit, 'visits', where),
    demand: figure(visit, 'demand', where),
    floor: figure(visit, 'floor', where),
    queueing: figure(visit, 'queueing', where),
  };
}

type Fields = ReadonlyMap<string, unknown>;

function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${where}: expected an object`);
  return new Map(Object.entries(value));
}

function list(from: Fields, key: string, where: string): readonly unknown[] {
  return array(from.get(key), `${where}.${key}`);
}

function array(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${where}: expected a list`);
  return value;
}

function figure(from: Fields, key: string, where: string): number {
  const value = from.get(key);
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TypeError(`${where}.${key}: expected a number`);
  }
  return value;
}

function text(from: Fields, key: string, where: string): string {
  const value = from.get(key);
  if (typeof value !== 'string') throw new TypeError(`${where}.${key}: expected a text`);
  return value;
}
