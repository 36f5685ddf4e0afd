import type { Parameters, Policy, PolicyContext, PolicyFactory, Scrape } from '../../policy.ts';
import { requestRate, worstLatencyRatio } from './minute-watch.ts';
import { NodeAgent, PERIOD_SECONDS } from './node-agent.ts';
import { busyServices } from './service-groups.ts';
import { pairNear, TARGETS, type TargetPair } from './throttle-targets.ts';
import { Tower } from './tower.ts';

const TOWER_SECONDS = 60;
/** A minute is judged from the first scrape after its decision on; when scrapes fail, one this old is no minute any more. */
const LONGEST_SECONDS = 150;
/** Probability of exploring in the part of the run that is for learning; in the second half of the paper's warm-up (A.7). */
const LEARNING_EXPLORATION = 0.5;

/**
 * Autothrottle: Captains hold each service at a ratio of throttled CFS periods, Tower sets the ratios each minute by what
 * became of the latencies. Source: Wang et al., "Autothrottle: A Practical Bi-Level Approach to Resource Management for
 * SLO-Targeted Microservices" (NSDI 2024, arXiv 2212.12180) and its artifact.
 *
 * Simplified: twelve hours of warm-up are the learning part of the run, in which pairs next to the best are explored half
 * of the time; the cost model is made for few samples (cost-model.ts). Tuned: the targets to begin with, the exploration
 * after the learning part (0.1 is the paper's, which measures with 0), and what a violation costs: the paper's 2 to 3
 * accepts one in some twenty minutes, which is too many here.
 */
export const autothrottle: PolicyFactory = {
  name: 'autothrottle',
  space: { target: [0.1, 0.06, 0.04, 0.2], exploration: [0.1, 0], violationCost: [50, 10] },
  create: (context, parameters) => new Autothrottle(context, parameters),
};

class Autothrottle implements Policy {
  readonly name = 'autothrottle';
  readonly intervalSeconds = PERIOD_SECONDS;
  readonly #context: PolicyContext;
  readonly #agent: NodeAgent;
  readonly #tower: Tower;
  readonly #exploration: number;
  #busy: readonly boolean[] | undefined;
  #minute: Minute;

  constructor(context: PolicyContext, parameters: Parameters) {
    const first = pairNear(parameters['target'] ?? 0.1);
    this.#context = context;
    this.#exploration = parameters['exploration'] ?? 0.1;
    this.#agent = new NodeAgent(context, TARGETS[first.busy]!);
    this.#tower = new Tower({
      first,
      violationCost: parameters['violationCost'] ?? 50,
      random: context.random,
    });
    this.#minute = { decidedSeconds: 0, pair: first, rate: undefined, begin: undefined, allocated: 0 };
  }

  step(nowSeconds: number): void {
    this.#agent.step(nowSeconds);
    const scrape = this.#context.metrics.latest();
    if (scrape === undefined) return;
    const minute = this.#minute;
    if (minute.begin === undefined) {
      if (scrape.atSeconds >= minute.decidedSeconds) this.#begin(scrape);
      return;
    }
    if (nowSeconds - minute.decidedSeconds < TOWER_SECONDS || scrape.atSeconds <= minute.begin.atSeconds)
      return;
    this.#learn(minute, minute.begin, scrape);
    this.#decide(nowSeconds, requestRate(minute.begin, scrape));
  }

  #begin(scrape: Scrape): void {
    this.#minute = { ...this.#minute, begin: scrape, allocated: this.#agent.allocatedCoreSeconds };
  }

  #learn(minute: Minute, begin: Scrape, end: Scrape): void {
    const seconds = end.atSeconds - begin.atSeconds;
    const latencyRatio = worstLatencyRatio(this.#context.application.chains, begin, end);
    if (minute.rate === undefined || latencyRatio === undefined || seconds > LONGEST_SECONDS) return;
    const allocation = (this.#agent.allocatedCoreSeconds - minute.allocated) / seconds;
    this.#tower.learn({ rate: minute.rate, pair: minute.pair, latencyRatio, allocation });
  }

  #decide(nowSeconds: number, rate: number): void {
    const learning = nowSeconds < this.#context.tuneSeconds;
    const pair = this.#tower.choose(rate, learning ? LEARNING_EXPLORATION : this.#exploration);
    this.#busy ??= busyServices(
      this.#context.application.services.map((_, service) => this.#agent.usedCoreSeconds(service)),
    );
    for (const [service, busy] of this.#busy.entries()) {
      this.#agent.aim(service, TARGETS[busy ? pair.busy : pair.calm]!);
    }
    this.#minute = { decidedSeconds: nowSeconds, pair, rate, begin: undefined, allocated: 0 };
  }
}

/** From one decision of Tower to the next. */
interface Minute {
  readonly decidedSeconds: number;
  readonly pair: TargetPair;
  /** The bandit's context; unknown in the first minute. */
  readonly rate: number | undefined;
  readonly begin: Scrape | undefined;
  /** Core-seconds at `begin`. */
  readonly allocated: number;
}
