import {
  any,
  atomicMap,
  atomicObject,
  boolean,
  intOrString,
  keyed,
  keyedBy,
  list,
  map,
  number,
  object,
  quantity,
  type Schema,
  set,
  string,
} from './schema.ts';

const ownerReference = atomicObject({
  apiVersion: string,
  kind: string,
  name: string,
  uid: string,
  controller: boolean,
  blockOwnerDeletion: boolean,
});

export const metadata: Schema = object({
  name: string,
  generateName: string,
  namespace: string,
  selfLink: string,
  uid: string,
  resourceVersion: string,
  generation: number,
  creationTimestamp: string,
  deletionTimestamp: string,
  deletionGracePeriodSeconds: number,
  labels: map(string),
  annotations: map(string),
  ownerReferences: keyed('uid', ownerReference),
  finalizers: set(string),
  managedFields: list(any),
});

export const labelSelector: Schema = atomicObject({
  matchLabels: map(string),
  matchExpressions: list(object({ key: string, operator: string, values: list(string) })),
});

export const condition: Schema = object({
  type: string,
  status: string,
  reason: string,
  message: string,
  observedGeneration: number,
  lastProbeTime: string,
  lastTransitionTime: string,
  lastUpdateTime: string,
});

export const resources: Schema = object({
  limits: map(quantity),
  requests: map(quantity),
  claims: keyed('name', object({ name: string, request: string })),
});

const handler = {
  exec: object({ command: list(string) }),
  httpGet: object({
    path: string,
    port: intOrString,
    host: string,
    scheme: string,
    httpHeaders: list(object({ name: string, value: string })),
  }),
  tcpSocket: object({ port: intOrString, host: string }),
};

const probe = object({
  ...handler,
  grpc: object({ port: number, service: string }),
  initialDelaySeconds: number,
  timeoutSeconds: number,
  periodSeconds: number,
  successThreshold: number,
  failureThreshold: number,
  terminationGracePeriodSeconds: number,
});

const lifecycleHandler = object({ ...handler, sleep: object({ seconds: number }) });

const valueFrom = object({
  fieldRef: atomicObject({ apiVersion: string, fieldPath: string }),
  resourceFieldRef: atomicObject({ containerName: string, resource: string, divisor: quantity }),
  configMapKeyRef: atomicObject({ name: string, key: string, optional: boolean }),
  secretKeyRef: atomicObject({ name: string, key: string, optional: boolean }),
});

const optionalReference = object({ name: string, optional: boolean });

const container = object({
  name: string,
  image: string,
  command: list(string),
  args: list(string),
  workingDir: string,
  ports: keyedBy(
    ['containerPort', 'protocol'],
    object({ name: string, hostPort: number, containerPort: number, protocol: string, hostIP: string }),
    { protocol: 'TCP' },
  ),
  envFrom: list(object({ prefix: string, configMapRef: optionalReference, secretRef: optionalReference })),
  env: keyed('name', object({ name: string, value: string, valueFrom })),
  resources,
  resizePolicy: list(object({ resourceName: string, restartPolicy: string })),
  restartPolicy: string,
  volumeMounts: keyed(
    'mountPath',
    object({
      name: string,
      readOnly: boolean,
      recursiveReadOnly: string,
      mountPath: string,
      subPath: string,
      mountPropagation: string,
      subPathExpr: string,
    }),
  ),
  volumeDevices: keyed('devicePath', object({ name: string, devicePath: string })),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: object({ postStart: lifecycleHandler, preStop: lifecycleHandler, stopSignal: string }),
  terminationMessagePath: string,
  terminationMessagePolicy: string,
  imagePullPolicy: string,
  securityContext: any,
  stdin: boolean,
  stdinOnce: boolean,
  tty: boolean,
});

export const podSpec: Schema = object({
  volumes: keyed('name', any),
  initContainers: keyed('name', container),
  containers: keyed('name', container),
  ephemeralContainers: keyed('name', any),
  restartPolicy: string,
  terminationGracePeriodSeconds: number,
  activeDeadlineSeconds: number,
  dnsPolicy: string,
  nodeSelector: atomicMap(string),
  serviceAccountName: string,
  serviceAccount: string,
  automountServiceAccountToken: boolean,
  nodeName: string,
  hostNetwork: boolean,
  hostPID: boolean,
  hostIPC: boolean,
  hostUsers: boolean,
  shareProcessNamespace: boolean,
  securityContext: any,
  imagePullSecrets: keyed('name', object({ name: string })),
  hostname: string,
  subdomain: string,
  setHostnameAsFQDN: boolean,
  affinity: any,
  schedulerName: string,
  tolerations: list(
    object({ key: string, operator: string, value: string, effect: string, tolerationSeconds: number }),
  ),
  hostAliases: keyed('ip', object({ ip: string, hostnames: list(string) })),
  priorityClassName: string,
  priority: number,
  preemptionPolicy: string,
  dnsConfig: any,
  readinessGates: list(object({ conditionType: string })),
  runtimeClassName: string,
  enableServiceLinks: boolean,
  overhead: map(quantity),
  os: object({ name: string }),
  schedulingGates: keyed('name', object({ name: string })),
  resourceClaims: keyed('name', any),
  resources,
  topologySpreadConstraints: keyedBy(['topologyKey', 'whenUnsatisfiable'], any),
});

const containerState = object({
  waiting: object({ reason: string, message: string }),
  running: object({ startedAt: string }),
  terminated: object({
    exitCode: number,
    signal: number,
    reason: string,
    message: string,
    startedAt: string,
    finishedAt: string,
    containerID: string,
  }),
});

const containerStatus = object({
  name: string,
  state: containerState,
  lastState: containerState,
  ready: boolean,
  restartCount: number,
  image: string,
  imageID: string,
  containerID: string,
  started: boolean,
  allocatedResources: map(quantity),
  resources,
  volumeMounts: keyed('mountPath', any),
});

export const podStatus: Schema = object({
  phase: string,
  conditions: keyed('type', condition),
  message: string,
  reason: string,
  nominatedNodeName: string,
  hostIP: string,
  hostIPs: list(object({ ip: string })),
  podIP: string,
  podIPs: keyed('ip', object({ ip: string })),
  startTime: string,
  initContainerStatuses: list(containerStatus),
  containerStatuses: list(containerStatus),
  ephemeralContainerStatuses: list(containerStatus),
  qosClass: string,
  resize: string,
});

export const podTemplate: Schema = object({ metadata, spec: podSpec });
