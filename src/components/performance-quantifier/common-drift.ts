import { medianInPlace } from './medians.ts';
import type { CommonResiduals, Residuals } from './surprise.ts';

/** So many services must have been seen, for their median not to be moved by those that have changed. */
const MIN_SERVICES = 5;
/** What is further from the models than this is no drift of the machines. */
const MOST = 0.16;
/** A window says nothing of one that begins later than so long after it, s. */
const LASTING_SECONDS = 600;

/**
 * What the newest windows of all services have in common: the machines' speed drifts by ± 15 % for all of them together,
 * which is not a change of any. Medians over the services; those of the last complete window, since the windows of a
 * minute arrive one after the other.
 */
export class CommonDrift {
  private current = { startSeconds: Number.NEGATIVE_INFINITY, cpu: [] as number[], latency: [] as number[] };
  private last: (CommonResiduals & { readonly startSeconds: number }) | undefined;

  /** What was common just before the window; undefined when too few services told. */
  before(startSeconds: number): CommonResiduals | undefined {
    if (startSeconds > this.current.startSeconds) this.close(startSeconds);
    const { last } = this;
    return last && startSeconds - last.startSeconds <= LASTING_SECONDS ? last : undefined;
  }

  note(startSeconds: number, { cpu, latency }: Residuals): void {
    if (startSeconds !== this.current.startSeconds) return;
    if (cpu !== undefined) this.current.cpu.push(cpu);
    if (latency !== undefined) this.current.latency.push(latency);
  }

  private close(nextSeconds: number): void {
    const { startSeconds, cpu, latency } = this.current;
    if (Math.max(cpu.length, latency.length) >= MIN_SERVICES)
      this.last = { startSeconds, cpu: medianOf(cpu), latency: medianOf(latency) };
    this.current = { startSeconds: nextSeconds, cpu: [], latency: [] };
  }
}

function medianOf(values: readonly number[]): number {
  if (values.length < MIN_SERVICES) return 0;
  return Math.min(MOST, Math.max(-MOST, medianInPlace(Float64Array.from(values))));
}
