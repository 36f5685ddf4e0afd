/**
 * HorizontalPodAutoscaler on instances, VerticalPodAutoscaler for the request of an instance. The VPA's documentation
 * (kubernetes/autoscaler, vertical-pod-autoscaler/docs/known-limitations.md) warns of both acting on CPU: a smaller
 * request raises the utilization that the HPA holds, more instances lower the use of each, and so the next request. So
 * this is what people do instead: the VPA only recommends (`updateMode: Off`), and each rollout of the application,
 * every `rolloutSeconds`, takes over what it recommends by then, if that is a tenth away; in between the HPA alone acts.
 */
import type { Parameters, Policy, PolicyContext, PolicyFactory } from '../policy.ts';
import { deploy } from './hpa/hpa.ts';
import { ServiceHpa } from './hpa/service-hpa.ts';
import { LEAST_CHANGE, resourceDifference } from './vpa/updater.ts';
import { ServiceVpa } from './vpa/vpa.ts';

/** Sync of the HPA, s. */
const SYNC_SECONDS = 15;
/** The recommender's, s. */
const RECOMMENDER_SECONDS = 60;
/** `--recommendation-margin-fraction`. */
const MARGIN = 0.15;
/** Cores of a pod before the first rollout. */
const FIRST_REQUEST = 0.5;

const DEFAULTS = { target: 0.8, rolloutSeconds: 600, daySeconds: 3600 };

export const hpaVpa: PolicyFactory = {
  name: 'hpa-vpa',
  space: {
    /** Wanted ratio of CPU use to request; Kubernetes' own default is 80 %. */
    target: [DEFAULTS.target, 0.65, 0.5, 0.4, 0.3],
    /** Between two rollouts. */
    rolloutSeconds: [DEFAULTS.rolloutSeconds, 300, 1800],
    /** What takes a day in the recommender; see vpa/vpa.ts. */
    daySeconds: [DEFAULTS.daySeconds, 900, 86_400],
  },
  create: (context, parameters) => createHpaVpa(context, { ...DEFAULTS, ...parameters }),
};

function createHpaVpa(context: PolicyContext, parameters: typeof DEFAULTS & Parameters): Policy {
  const { target, rolloutSeconds, daySeconds } = parameters;
  const services = context.application.services.map((_, service) => ({
    hpa: new ServiceHpa(context, service, target),
    vpa: new ServiceVpa(context, service, { daySeconds, margin: MARGIN }),
  }));
  return {
    name: hpaVpa.name,
    intervalSeconds: SYNC_SECONDS,
    step(nowSeconds) {
      if (nowSeconds === 0) deploy(context, FIRST_REQUEST);
      services.forEach(({ hpa, vpa }, service) => {
        if (nowSeconds % RECOMMENDER_SECONDS === 0) vpa.observe(nowSeconds);
        if (nowSeconds > 0 && nowSeconds % rolloutSeconds === 0) rollOut(context, service, vpa);
        hpa.sync(nowSeconds);
      });
    },
  };
}

function rollOut({ actuator }: PolicyContext, service: number, vpa: ServiceVpa): void {
  const target = vpa.recommendation?.target;
  const allocation = actuator.allocation(service);
  if (target === undefined || resourceDifference(allocation, target) < LEAST_CHANGE) return;
  actuator.roll(service, target.cpu, target.memory, allocation.instances);
}
