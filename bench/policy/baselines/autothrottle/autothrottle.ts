import type { Parameters, Policy, PolicyContext, PolicyFactory } from '../../policy.ts';
import { NodeAgent, PERIOD_SECONDS } from './node-agent.ts';

/** Autothrottle (Wang et al., NSDI 2024): Captains for the services. */
export const autothrottle: PolicyFactory = {
  name: 'autothrottle',
  space: { target: [0.1, 0.06, 0.02, 0.04, 0.15, 0.2, 0.3, 0] },
  create: (context, parameters) => new Autothrottle(context, parameters),
};

class Autothrottle implements Policy {
  readonly name = 'autothrottle';
  readonly intervalSeconds = PERIOD_SECONDS;
  readonly #agent: NodeAgent;

  constructor(context: PolicyContext, parameters: Parameters) {
    this.#agent = new NodeAgent(context, parameters['target'] ?? 0.1);
  }

  step(nowSeconds: number): void {
    this.#agent.step(nowSeconds);
  }
}
