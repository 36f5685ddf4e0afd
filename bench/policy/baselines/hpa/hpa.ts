/**
 * HorizontalPodAutoscaler (autoscaling/v2) on the CPU utilization of each service, with the defaults of
 * kube-controller-manager: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/.
 * The request (here also the limit) of a pod is not its business: it is the operator's choice, and tuned.
 */
import type { Parameters, Policy, PolicyContext, PolicyFactory } from '../../policy.ts';
import { replicasFor, ServiceHpa } from './service-hpa.ts';

/** `--horizontal-pod-autoscaler-sync-period`, s. */
const SYNC_SECONDS = 15;

const DEFAULTS = { target: 0.8, request: 0.5 };

export const hpa: PolicyFactory = {
  name: 'hpa',
  space: {
    /** Wanted ratio of CPU use to request; Kubernetes' own default is 80 %. */
    target: [DEFAULTS.target, 0.9, 0.7, 0.6, 0.5, 0.4],
    /** Cores of a pod. There is no default; half a core is in the middle of what people ask for. */
    request: [DEFAULTS.request, 0.25, 0.35, 1],
  },
  create: (context, parameters) => createHpa(context, parameters),
};

function createHpa(context: PolicyContext, parameters: Parameters): Policy {
  const { target, request } = { ...DEFAULTS, ...parameters };
  const autoscalers = context.application.services.map(
    (_, service) => new ServiceHpa(context, service, target),
  );
  return {
    name: hpa.name,
    intervalSeconds: SYNC_SECONDS,
    step(nowSeconds) {
      if (nowSeconds === 0) deploy(context, request);
      for (const autoscaler of autoscalers) autoscaler.sync(nowSeconds);
    },
  };
}

/** Every service gets pods of that request, enough of them for what it had. */
export function deploy({ application, actuator }: PolicyContext, request: number): void {
  application.services.forEach((known, service) => {
    const cpu = Math.max(known.minCpu, Math.min(request, known.maxCpu));
    const allocation = actuator.allocation(service);
    actuator.roll(service, cpu, allocation.memory, replicasFor(cpu, allocation, known));
  });
}
