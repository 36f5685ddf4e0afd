/** One measured window, simulated: 3 s that do not count, 10 s that do, and until all is answered. */
import type { Shape } from '../application.ts';
import type { Machine } from '../cpu-sharing.ts';
import { Simulator } from '../simulator.ts';
import { quantileOf } from './errors.ts';
import { MACHINE, type MeasuredApplication, type Role } from './measured-application.ts';
import { poissonUntil } from './poisson-arrivals.ts';

const BEGIN_SECONDS = 3;
const END_SECONDS = 13;
/** When the quotas of whatever was left were lifted, and to what. */
const LIFTED_SECONDS = 16;
const LIFTED_CORES = 4;
const LONGEST_SECONDS = 300;

export interface WindowLatencies {
  /** p95, s, by service and chain (`service chain`), and by chain. */
  readonly self: ReadonlyMap<string, number>;
  readonly endToEnd: ReadonlyMap<string, number>;
}

export interface SimulatedWindow {
  readonly measured: MeasuredApplication;
  /** By service. */
  readonly cores: readonly number[];
  readonly requestsPerSecond: number;
  /** What is different from the machine that was measured. */
  readonly machine?: Machine;
}

export function simulateWindow(window: SimulatedWindow, seed: number): WindowLatencies {
  const { application, roles } = window.measured;
  const self = new SelfTimes(roles);
  const endToEnd = application.chains.map((): number[] => []);
  const system = new Simulator({
    application,
    arrivals: poissonUntil(application, window.requestsPerSecond, END_SECONDS, seed),
    initial: window.cores.map((cpu): Shape => ({ cpu, memory: 1, instances: 1 })),
    seed,
    startupSeconds: 0,
    timeoutSeconds: LONGEST_SECONDS,
    ...MACHINE,
    ...window.machine,
    listener: {
      onVisit: (service, chain, selfSeconds, totalSeconds, _cpu, _failed, end, place) =>
        self.visitEnded(service, chain, selfSeconds, totalSeconds, end, place),
      onRequest: (chain, latency, _failed, end) => {
        if (isCounted(end - latency)) endToEnd[chain]!.push(latency);
      },
    },
  });
  system.advanceTo(LIFTED_SECONDS);
  for (const service of application.services.keys()) system.resize(service, LIFTED_CORES, 1);
  system.advanceTo(LONGEST_SECONDS);
  const { services, chains } = application;
  return {
    self: new Map(
      [...self.times].map(([key, times]) => {
        const [service, chain] = [Math.floor(key / chains.length), key % chains.length];
        return [`${services[service]!.name} ${chains[chain]!.name}`, quantileOf(times, 0.95)];
      }),
    ),
    endToEnd: new Map(chains.map(({ name }, chain) => [name, quantileOf(endToEnd[chain]!, 0.95)])),
  };
}

function isCounted(arrivedSeconds: number): boolean {
  return arrivedSeconds >= BEGIN_SECONDS && arrivedSeconds < END_SECONDS;
}

/**
 * What is measured as a service's own time, out of its parts: its caller's sending, its work and its turn, which end one
 * after the other at one instant, from the inside out.
 */
class SelfTimes {
  /** By service · chains + chain. */
  readonly times = new Map<number, number[]>();
  readonly #roles: readonly (readonly Role[])[];
  #seconds = 0;
  #service = 0;

  constructor(roles: readonly (readonly Role[])[]) {
    this.#roles = roles;
  }

  visitEnded(
    service: number,
    chain: number,
    self: number,
    total: number,
    end: number,
    place: number | undefined,
  ): void {
    const role = place === undefined ? undefined : this.#roles[chain]![place];
    if (role === 'turn') this.#seconds = self;
    if (role === 'work') {
      this.#seconds += self;
      this.#service = service;
    }
    if (role !== 'send' || !isCounted(end - total)) return;
    const key = this.#service * this.#roles.length + chain;
    const times = this.times.get(key) ?? [];
    times.push(this.#seconds + self);
    this.times.set(key, times);
  }
}
