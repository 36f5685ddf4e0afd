import { describe, expect, it } from 'vitest';
import { PassMemory } from '../../../src/control/books/pass-memory.ts';
import { planEach, waitForWholePass } from '../../../src/control/in-place/plan-each.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { PassTrigger } from '../../../src/models/decisions.ts';
import type { CapacityPlanner, PlanOutcome, PlanRequest } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { decision } from '../../store/samples.ts';
import { allocation, draftOf, NOW, settingsWith } from '../fixtures.ts';

const [AUTH, PAYMENT] = ['auth-service', 'payment-service'];

function settingsIn(auth: ServiceMode, payment: ServiceMode): Settings {
  const settings = settingsWith();
  const { services } = settings.topology;
  const inModes = new Map([
    [AUTH, { ...services.get(AUTH)!, mode: auth }],
    [PAYMENT, { ...services.get(PAYMENT)!, mode: payment }],
  ]);
  return { ...settings, topology: { ...settings.topology, services: inModes } };
}

/** Gives every service as many cores as `order-processing` has requests/s, and counts what it is asked. */
class FakePlanner implements CapacityPlanner {
  readonly asked: string[] = [];
  /** Loads of the requests that said what spikes may bring. */
  readonly surging: number[] = [];

  plan(request: PlanRequest): PlanOutcome {
    return this.#answer('plan', request);
  }

  tryPlan(request: PlanRequest): PlanOutcome {
    return this.#answer('try', request);
  }

  #answer(how: string, request: PlanRequest): PlanOutcome {
    this.asked.push(`${how} ${loadOf(request)}`);
    if (request.surges !== undefined) this.surging.push(loadOf(request));
    return outcomeOf(loadOf(request));
  }

  evaluate(): ReadonlyMap<string, number> {
    return new Map();
  }

  slowShares(): ReadonlyMap<string, number> {
    return new Map();
  }
}

const loadOf = ({ loads }: PlanRequest): number => loads.get('order-processing')!;

function outcomeOf(cores: number): PlanOutcome {
  const services = [AUTH, PAYMENT].map((id) => ({
    id,
    ...allocation(cores),
    capacityCores: cores,
    demandCores: cores / 2,
    utilization: 0.5,
  }));
  const plan = { services, chains: [], cost: cores, continuousCost: cores, lowerBound: cores };
  return { plan: { ...plan, gap: 0, iterations: 1, solveMs: 1 }, unplanned: [] };
}

/** What each is planned to have, of 3 requests/s for the next half minute and 8 until after the next whole pass. */
function planned(auth: ServiceMode, payment: ServiceMode, trigger: PassTrigger) {
  const settings = settingsIn(auth, payment);
  const planner = new FakePlanner();
  const request: PlanRequest = {
    topology: settings.topology,
    loads: new Map([['order-processing', 8]]),
    capacities: new Map(),
    workingSets: new Map(),
  };
  const isAny = auth === 'in-place' || payment === 'in-place';
  const near = isAny
    ? { loads: new Map([['order-processing', 3]]), surges: new Map([['order-processing', 9]]) }
    : undefined;
  const { request: evaluated, told, outcome } = planEach({ settings, planner }, request, near, trigger);
  const cores = outcome.plan.services.map(({ cpu }) => cpu);
  const { asked, surging } = planner;
  return { cores, evaluatedWith: loadOf(evaluated), toldFor: loadOf(told), asked, surging };
}

describe('what each service is planned for', () => {
  it('has instances for spikes in the plan of the next half minute alone', () => {
    expect(planned('in-place', 'in-place', 'interval').surging).toEqual([3]);
    expect(planned('in-place', 'rolling', 'interval').surging).toEqual([3]);
    expect(planned('rolling', 'rolling', 'interval').surging).toEqual([]);
  });

  it.each<PassTrigger>(['interval', 'request', 'load-jump'])(
    'is the load until the next whole pass where nothing is resized in place (%s)',
    (trigger) => {
      const { cores, evaluatedWith, asked } = planned('rolling', 'recommend', trigger);
      expect([cores, evaluatedWith, asked]).toEqual([[8, 8], 8, ['plan 8']]);
    },
  );

  it.each<PassTrigger>(['interval', 'in-place', 'burn-rate'])(
    'is the load of the next half minute where everything is (%s)',
    (trigger) => {
      const { cores, evaluatedWith, asked } = planned('in-place', 'in-place', trigger);
      expect([cores, evaluatedWith, asked]).toEqual([[3, 3], 3, ['plan 3']]);
    },
  );

  it('is each its own where both kinds are side by side', () => {
    const { cores, asked } = planned('in-place', 'rolling', 'interval');
    expect(cores).toEqual([3, 8]);
    // The daemon goes on from the plan for all services.
    expect(asked).toEqual(['try 3', 'plan 8']);
    expect(planned('recommend', 'in-place', 'request').cores).toEqual([8, 3]);
  });

  it('is told with the load that services which roll were planned for, where there are such', () => {
    const toldFor = (auth: ServiceMode, trigger: PassTrigger) => {
      const { evaluatedWith, toldFor: told } = planned(auth, 'rolling', trigger);
      return [evaluatedWith, told];
    };
    expect(toldFor('in-place', 'interval')).toEqual([3, 8]);
    expect(toldFor('in-place', 'in-place')).toEqual([3, 3]);
    expect(toldFor('rolling', 'interval')).toEqual([8, 8]);
    expect(planned('in-place', 'in-place', 'interval').toldFor).toBe(3);
  });

  it('is planned once where a pass changes services in place only', () => {
    expect(planned('in-place', 'rolling', 'in-place').asked).toEqual(['plan 3']);
  });
});

describe('a pass over services that are resized in place', () => {
  const settings = settingsIn('in-place', 'rolling');
  const drafts = [AUTH, PAYMENT].map((id) =>
    draftOf(settings.topology.services.get(id)!, allocation(1), allocation(2)),
  );
  const latest = decision('d1', NOW - 60, { [PAYMENT]: 'hold' });
  const memory = new PassMemory();
  memory.remember(latest);

  it('leaves the others as they are, with what was said of them last', () => {
    const [auth, payment] = waitForWholePass(drafts, 'in-place', memory);
    expect(auth).toEqual(drafts[0]);
    const { reason, explanation } = latest.services[0]!;
    expect(payment).toMatchObject({ target: allocation(1), baseline: allocation(1), reason, explanation });
    // Nothing was planned for it: this pass is none of those that a decrease must have been wanted by.
    expect(payment).not.toHaveProperty('planned');
  });

  it('says that they wait where nothing was said of them', () => {
    const [, payment] = waitForWholePass(drafts, 'in-place', new PassMemory());
    expect(payment).toMatchObject({ target: allocation(1), reason: 'no-change' });
    expect(payment!.explanation).toMatch(/wait/i);
  });

  it('is the only kind that does so', () => {
    for (const trigger of ['interval', 'request', 'burn-rate', 'load-jump'] as const)
      expect(waitForWholePass(drafts, trigger, memory)).toEqual(drafts);
  });
});
