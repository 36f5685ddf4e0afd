/** So many windows are needed for a first search. */
const FIRST = 16;
/** The first searches of services that are watched from the same moment on are spread over so many windows. */
const SPREAD = 8;
const LEAST_BETWEEN = 8;

/**
 * When to look for k and η again: it is dear, and they change less the more windows there are. Each learner has
 * another `ordinal`, so that not all search in the same pass.
 */
export class SearchTurns {
  private readonly ordinal: number;
  private seen: number;
  private next: number;

  /** `seen`: windows that are there from the start. */
  constructor(ordinal: number, seen: number) {
    this.ordinal = ordinal;
    this.seen = seen;
    this.next = FIRST + (ordinal % SPREAD);
  }

  add(): void {
    this.seen++;
  }

  /** Looks again at once, if it has looked before. */
  again(): void {
    if (this.next > FIRST + SPREAD) this.next = this.seen;
  }

  isDue(): boolean {
    return this.seen >= this.next;
  }

  /** `count`: windows that were searched. */
  searched(count: number): void {
    const between = Math.max(LEAST_BETWEEN, Math.floor(count / 2));
    this.next = this.seen + between + (this.ordinal % Math.ceil(between / 2));
  }
}
