import { styleText } from 'node:util';
import type { LoopObserver } from '../replay/closed-loop.ts';
import type { Advice, ServiceAdvice } from '../replay/daemon-client.ts';
import { WINDOW_SECONDS } from '../replay/latency-windows.ts';
import { sizeText } from '../replay/replay-report.ts';
import type { ScoredRun } from '../replay/scored-run.ts';
import type { SimulatedSystem } from '../replay/shipped-system.ts';
import { SCENARIO } from './scenario.ts';

const REPORT_EVERY_SECONDS = 600;

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** Colours where someone looks at a terminal, plain text everywhere else. */
export function painted(style: Style, text: string): string {
  const inColour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
  return inColour ? styleText(style, text) : text;
}

/** Tells the story of a run, line by line. */
export class Narrator implements LoopObserver {
  readonly #system: SimulatedSystem;
  readonly #print: (line: string) => void;
  readonly #shown = new Map<string, string>();
  #reported = 0;
  #windows = 0;
  #events = [
    {
      at: SCENARIO.burst.fromSeconds,
      what: `a burst: ${SCENARIO.burst.factor} × the load for ${(SCENARIO.burst.untilSeconds - SCENARIO.burst.fromSeconds) / 60} minutes`,
    },
    {
      at: SCENARIO.slowdown.fromSeconds,
      what: `${SCENARIO.slowdown.service} slows down: every visit now burns ${SCENARIO.slowdown.factor} × the CPU`,
    },
  ];

  constructor(system: SimulatedSystem, print: (line: string) => void) {
    this.#system = system;
    this.#print = print;
  }

  onStart(run: ScoredRun): void {
    const { service, factor, fromSeconds } = SCENARIO.slowdown;
    const index = this.#system.services.findIndex(({ id }) => id === service);
    run.setDemandFactor(index, factor, fromSeconds);
    for (const [place, { id }] of this.#system.services.entries())
      this.#shown.set(id, sizeText(run.shape(place)));
  }

  onSlice(run: ScoredRun): void {
    this.#announce(run.nowSeconds);
    this.#complain(run);
    if (run.nowSeconds < this.#reported + REPORT_EVERY_SECONDS) return;
    this.#reported += REPORT_EVERY_SECONDS;
    this.#print(this.#sight(run));
  }

  onDecision(nowSeconds: number, advice: Advice): void {
    for (const service of advice.services) this.#tell(nowSeconds, service);
  }

  #tell(nowSeconds: number, service: ServiceAdvice): void {
    const before = this.#shown.get(service.id);
    const after = sizeText(service);
    if (before === after) return;
    this.#shown.set(service.id, after);
    const change = `${service.id}: ${before} → ${after} cores`;
    this.#print(`${time(nowSeconds)}  ${painted('cyan', `decides  ${change}`)}`);
    this.#print(painted('dim', `                 ${service.reason}: ${service.explanation}`));
  }

  #announce(nowSeconds: number): void {
    for (const event of this.#events.filter(({ at }) => at <= nowSeconds)) {
      this.#print(`${time(event.at)}  ${painted('yellow', `event    ${event.what}`)}`);
    }
    this.#events = this.#events.filter(({ at }) => at > nowSeconds);
  }

  /** The minutes since the last call in which a chain missed its objective. */
  #complain(run: ScoredRun): void {
    const closed = Math.min(...run.windows.map((windows) => windows.closed.length));
    for (; this.#windows < closed; this.#windows++) {
      const missed = run.windows.flatMap((windows, chain) => {
        const { startSeconds, p95Seconds } = windows.closed[this.#windows]!;
        const slo = this.#system.slosSeconds[chain]!;
        const text = this.#latency(chain, p95Seconds);
        return p95Seconds > slo ? [{ endSeconds: startSeconds + WINDOW_SECONDS, text }] : [];
      });
      if (missed.length === 0) continue;
      const text = `misses   in the last minute: ${missed.map((miss) => miss.text).join(', ')}`;
      this.#print(`${time(missed[0]!.endSeconds)}  ${painted('red', text)}`);
    }
  }

  #latency(chain: number, p95Seconds: number): string {
    const slo = milliseconds(this.#system.slosSeconds[chain]!);
    return `${this.#system.chains[chain]!.id} ${milliseconds(p95Seconds)} of ${slo}`;
  }

  /** What the last minute looked like. */
  #sight(run: ScoredRun): string {
    const minute = run.minutes.at(-1);
    const load = `${(minute?.requestsPerSecond ?? 0).toFixed(0)} requests/s`.padEnd(14);
    const chains = run.windows.map((windows, chain) => {
      const p95 = windows.closed.at(-1)?.p95Seconds ?? Number.NaN;
      const met = p95 <= this.#system.slosSeconds[chain]!;
      return painted(met ? 'green' : 'red', this.#latency(chain, p95));
    });
    return `${time(run.nowSeconds)}  ${painted('bold', 'sees')}     ${load} p95: ${chains.join(', ')}`;
  }
}

function time(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

export function milliseconds(seconds: number): string {
  return Number.isFinite(seconds) ? `${(1000 * seconds).toFixed(0)} ms` : 'no answer';
}
