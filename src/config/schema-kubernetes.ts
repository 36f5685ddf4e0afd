/** The section that says which cluster is written to, and how. */
import { Type } from 'typebox';

const SECTION = { default: {}, additionalProperties: false };
const NAME = '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$';
const name = { pattern: NAME, allowed: 'a Kubernetes name: small letters, digits, dashes and dots' };

const LeaseSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Only the holder of the Lease writes. Off outside a cluster, whatever is said here.',
    }),
    name: Type.String({ ...name, default: 'dta-slo', description: 'Name of the Lease.' }),
    duration: Type.Number({
      default: 15,
      unit: 's',
      minimum: 3,
      maximum: 3600,
      description: 'How long others wait for a holder that no longer renews.',
    }),
  },
  { ...SECTION, description: 'Which of several replicas writes.' },
);

const RolloutsSchema = Type.Object(
  {
    group: Type.String({ ...name, default: 'argoproj.io', description: 'API group.' }),
    version: Type.String({ ...name, default: 'v1alpha1', description: 'API version.' }),
    kind: Type.String({
      default: 'Rollout',
      pattern: '^[A-Z][A-Za-z0-9]{0,62}$',
      allowed: 'a kind such as Rollout',
      description: 'Kind.',
    }),
    plural: Type.String({ ...name, default: 'rollouts', description: 'Name of the kind in paths.' }),
  },
  {
    ...SECTION,
    description:
      'A custom kind with a pod template and /scale that services may run as, such as an Argo Rollout.',
  },
);

export const KubernetesSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Looks for a cluster: `kubeconfig`, the variable KUBECONFIG, the one that the daemon runs in, ~/.kube/config. Without one it recommends.',
    }),
    kubeconfig: Type.Optional(
      Type.String({
        minLength: 1,
        derived: 'looked for',
        description: 'The kubeconfig file of the cluster.',
      }),
    ),
    context: Type.Optional(
      Type.String({
        minLength: 1,
        derived: 'the current one',
        description: 'Context of the kubeconfig file.',
      }),
    ),
    namespace: Type.Optional(
      Type.String({
        ...name,
        derived: 'that of the pod or the context',
        description: 'Namespace of services that name none.',
      }),
    ),
    label: Type.String({
      default: 'app.kubernetes.io/name',
      minLength: 1,
      maxLength: 317,
      pattern: '^[A-Za-z0-9]([-A-Za-z0-9._/]*[A-Za-z0-9])?$',
      allowed: 'the key of a label, such as app.kubernetes.io/name',
      description: 'Label whose value is the id of the service, for workloads that are not named as it.',
    }),
    verify_timeout: Type.Number({
      default: 300,
      unit: 's',
      minimum: 1,
      maximum: 3600,
      description: 'A change that does not run after this long is taken back.',
    }),
    request_timeout: Type.Number({
      default: 30,
      unit: 's',
      minimum: 0.1,
      maximum: 600,
      description: 'An answer of the API that takes longer counts as none.',
    }),
    limit_factor: Type.Number({
      default: 1.5,
      minimum: 1,
      maximum: 100,
      description: 'The limits of `limits: follow`, as a multiple of the requests.',
    }),
    lease: LeaseSchema,
    rollouts: RolloutsSchema,
  },
  { ...SECTION, description: 'The cluster (docs/kubernetes.md).' },
);
