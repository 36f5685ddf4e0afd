/** Errors are made from `unknown` once, at the edge where they are caught. */

/** A configuration that cannot be used. `problems` has all of them, each with where, found and allowed. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ConfigProblem {
  /** File, flag or environment variable that the value comes from. */
  readonly source: string;
  /** Path of the key, such as `services.auth-service.min_cpu`; empty for the file as a whole. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

export function describeProblem(problem: ConfigProblem): string {
  const where = problem.path === '' ? problem.source : `${problem.source}: ${problem.path}`;
  return `${where}: found ${problem.found}, allowed: ${problem.allowed}`;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
