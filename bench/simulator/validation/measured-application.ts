/**
 * The measured system in the simulator's terms. Each process is an event loop: one thread that does one thing after the
 * other, first come, first served. A visit there is several turns of it, which queue each on its own:
 *
 *     work → timer, without CPU → turn (the timer's callback; takes the stamp of the call) → for each call: send, the call,
 *     receive → answer
 *
 * Between stamp and sending lies a place in the queue, so what the caller has to do meanwhile, and its throttling, is
 * measured as time of the service that it calls: the measurements' description says so, and so it is counted here.
 * The load generator is a process like the others, without quota. All run on the two cores of one machine.
 */
import type { Stages } from '../../profile/measured-windows.ts';
import type { Application, Call, SimulatedChain, SimulatedService } from '../application.ts';
import type { Machine } from '../cpu-sharing.ts';
import { CLIENT, type Costs, SIGMA } from './measured-costs.ts';

/** Ticks: CONFIG_HZ=250, the kernel's default choice and that of most distributions. */
export const MACHINE: Machine = { hostCores: 2, tickSeconds: 0.004 };
/** CPU of a turn of the event loop that does next to nothing. */
const TURN_SECONDS = 50e-6;
/** Mean of a timer of 1 to 3 ms. */
const TIMER_SECONDS = 0.002;
/** How often a process does what it does without requests. */
export const REST_PER_SECOND = 20;

/** What a call of the tree stands for. Only `work` and what follows it at once is a visit of the measured system. */
export type Role = 'work' | 'turn' | 'send' | 'receive' | 'branch' | 'client' | 'rest';

export interface MeasuredApplication {
  readonly application: Application;
  /** By chain and place (breadth first). */
  readonly roles: readonly (readonly Role[])[];
}

export interface MeasuredConditions {
  /** Requests of each chain, 1/s. */
  readonly rates: ReadonlyMap<string, number>;
  /** By process, multiply its CPU: the machine's speed. */
  readonly factors: ReadonlyMap<string, number>;
  /** How late the load generator sends, nearly at most. */
  readonly sendLagSeconds: number;
}

export function measuredApplication(
  costs: Costs,
  stages: ReadonlyMap<string, Stages>,
  conditions: MeasuredConditions,
): MeasuredApplication {
  const { rates } = conditions;
  const names = [...Object.keys(SIGMA), CLIENT, 'path'];
  const tree = new TreeOfRoles(costs, conditions, names);
  const chains = [...stages].map(([chain, ofChain]) => [chain, tree.request(chain, ofChain)] as const);
  const rests = names.slice(0, -1).map((name) => [name, tree.rest(name)] as const);
  const total = [...rates.values()].reduce((sum, rate) => sum + rate, 0) + rests.length * REST_PER_SECOND;
  const all: readonly SimulatedChain[] = [
    ...chains.map(([name, root]) => ({ name, root, share: (rates.get(name) ?? 0) / total, sloSeconds: 1 })),
    ...rests.map(([name, root]) => ({ name, root, share: REST_PER_SECOND / total, sloSeconds: 1 })),
  ];
  const application: Application = { name: 'measured', services: names.map(process), chains: all };
  return { application, roles: all.map(({ root }) => tree.rolesOf(root)) };
}

/** `worker` is a cluster of four processes; a path is no process, but where branches of a stage wait. */
function process(name: string): SimulatedService {
  const processes = name === 'worker' ? 4 : name === 'path' ? Infinity : 1;
  return {
    name,
    parallelism: name === 'worker' ? 4 : 1,
    threads: processes,
    queueLimit: Infinity,
    baseMemory: 0,
    memoryPerVisit: 0,
    minCpu: 0.01,
    maxCpu: 4,
    minMemory: 1,
    maxMemory: 1,
    minInstances: 1,
    maxInstances: 1,
  };
}

class TreeOfRoles {
  readonly #costs: Costs;
  readonly #conditions: MeasuredConditions;
  readonly #names: readonly string[];
  readonly #roles = new Map<Call, Role>();

  constructor(costs: Costs, conditions: MeasuredConditions, names: readonly string[]) {
    this.#costs = costs;
    this.#conditions = conditions;
    this.#names = names;
  }

  request(chain: string, stages: Stages): Call {
    const spent = TURN_SECONDS + this.#costs.callSeconds / 2;
    const cpu = Math.max(0, (this.#costs.demands.get(CLIENT)?.get('any') ?? 0) - spent) / 2;
    const client = this.#call('client', CLIENT, cpu + TURN_SECONDS, [
      [this.#send(CLIENT, this.#visit(chain, stages, 0, stages[0]![0]!))],
      [this.#call('receive', CLIENT, cpu, [])],
    ]);
    const late = { ...client, ...waiting(this.#conditions.sendLagSeconds / 2) };
    this.#roles.set(late, 'client');
    return late;
  }

  rest(name: string): Call {
    return this.#call('rest', name, (this.#costs.rest.get(name) ?? 0) / REST_PER_SECOND, []);
  }

  rolesOf(root: Call): Role[] {
    const calls = [root];
    for (const call of calls) calls.push(...call.stages.flat());
    return calls.map((call) => this.#roles.get(call)!);
  }

  #visit(chain: string, stages: Stages, stage: number, service: string): Call {
    const next = stages[stage + 1] ?? [];
    const demand = this.#costs.demands.get(service)?.get(chain) ?? 0;
    const work = Math.max(0, demand - TURN_SECONDS - next.length * this.#costs.callSeconds);
    const branches = next.map((called) =>
      this.#branch(service, this.#visit(chain, stages, stage + 1, called)),
    );
    const turn = this.#call('turn', service, TURN_SECONDS, branches.length > 0 ? [branches] : []);
    const sigma = SIGMA[service]!;
    const call = { ...this.#call('work', service, work, [[turn]]), sigma, ...waiting(TIMER_SECONDS) };
    this.#roles.set(call, 'work');
    return call;
  }

  #branch(caller: string, called: Call): Call {
    const receive = this.#call('receive', caller, this.#costs.callSeconds / 2, []);
    return this.#call('branch', 'path', 0, [[this.#send(caller, called)], [receive]]);
  }

  #send(caller: string, called: Call): Call {
    return this.#call('send', caller, this.#costs.callSeconds / 2, [[called]]);
  }

  #call(role: Role, name: string, cpuSeconds: number, stages: Call['stages']): Call {
    const call: Call = {
      service: this.#names.indexOf(name),
      demandSeconds: cpuSeconds * (this.#conditions.factors.get(name) ?? 1),
      sigma: 0,
      waitSeconds: 0,
      errorRatio: 0,
      stages,
    };
    this.#roles.set(call, role);
    return call;
  }
}

function waiting(waitSeconds: number) {
  return { waitSeconds, waitDistribution: 'uniform' } as const;
}
