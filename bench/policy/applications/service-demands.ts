/**
 * CPU demand of visits, out of latency profiles in the form of the Erms artifact (Luo et al., ASPLOS 2023: piecewise
 * linear in the load of a container of 0.1 core). Where the profile bends the container is about 70 % busy, so that a
 * visit takes 0.07 cores / (requests/s there). The lines on either side are too noisy to be used.
 */
import { badInput, type RowOf } from './csv.ts';
import { groupBy } from './group-by.ts';

export const PROFILE_COLUMNS = ['success', 'inflection', 'tag'] as const;
export type ProfileRow = RowOf<(typeof PROFILE_COLUMNS)[number]>;

const BUSY_CORES = 0.07;
/** Fewer converged rows than that say nothing. */
const LEAST_ROWS = 3;
/** Further than this factor from the application's median is no demand of a service. */
const PLAUSIBLE_FACTOR = 20;

export interface Demands {
  /** Core-seconds of a visit of the service in the chain: what its rows say, else the application's median. */
  of(chain: string, service: string): number;
}

/**
 * @throws Error when no pair of chain and service has rows enough, as there is no median then
 */
export function serviceDemands(file: string, rows: readonly ProfileRow[]): Demands {
  const measured = new Map<string, number>();
  for (const [tag, converged] of groupBy(rows.filter(hasConverged), ({ cells }) => cells.tag)) {
    const inflections = converged.map(inflectionOf).filter((inflection) => inflection > 0);
    if (inflections.length >= LEAST_ROWS) measured.set(tag, BUSY_CORES / median(inflections));
  }
  if (measured.size === 0) {
    throw new Error(`${file}: found no tag with ${LEAST_ROWS} converged rows, allowed: at least one`);
  }
  const usual = median([...measured.values()]);
  return {
    of(chain, service) {
      const demand = measured.get(`${chain}_${service}`) ?? usual;
      const isPlausible = demand >= usual / PLAUSIBLE_FACTOR && demand <= usual * PLAUSIBLE_FACTOR;
      return isPlausible ? demand : usual;
    },
  };
}

/** Requests/s; 0 when the row says none, as Python writes it. */
function inflectionOf(row: ProfileRow): number {
  if (/^-?(nan|inf)$/i.test(row.cells.inflection)) return 0;
  const inflection = Number(row.cells.inflection);
  if (Number.isFinite(inflection)) return inflection;
  throw badInput(row, `inflection "${row.cells.inflection}"`, 'a number');
}

function hasConverged(row: ProfileRow): boolean {
  const { success } = row.cells;
  if (/^true$/i.test(success)) return true;
  if (/^false$/i.test(success)) return false;
  throw badInput(row, `success "${success}"`, 'True, False');
}

function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length >> 1;
  return ascending.length % 2 === 1 ? ascending[middle]! : (ascending[middle - 1]! + ascending[middle]!) / 2;
}
