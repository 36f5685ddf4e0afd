import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { buildServer } from '../../src/api/server.ts';
import { loadSettings } from '../../src/config/load.ts';
import { AUTOSCALERS } from '../../src/utils/kubernetes-utils/workload/autoscaler.ts';
import { type WorkloadKind, workloadKinds } from '../../src/utils/kubernetes-utils/workload/target-names.ts';
import { testDaemon } from '../api/test-daemon.ts';
import {
  beside,
  built,
  documents,
  FILES,
  hasKubectl,
  KUBERNETES,
  kustomizations,
  type Manifest,
} from './manifests.ts';
import { ROOT, readText } from './promql.ts';

const MANIFESTS = FILES.filter((file) => !/kustomization|config\.yaml/.test(file)).flatMap((file) =>
  documents(readText(file)),
);

const SETTINGS = loadSettings({ file: join(ROOT, 'config/config.yaml'), flags: {}, environment: {} });
const KINDS = workloadKinds(SETTINGS.kubernetes);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: unknown;
  readonly containers: readonly [Container];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

function one(kind: string, manifests: readonly Manifest[] = MANIFESTS): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found, kind).toHaveLength(1);
  return found[0]!;
}

function podSpec(manifests: readonly Manifest[] = MANIFESTS): PodSpec {
  return (one('Deployment', manifests)['spec'] as { template: { spec: PodSpec } }).template.spec;
}

function rulesOf(name: string, manifests: readonly Manifest[] = MANIFESTS): readonly Rule[] {
  return manifests.find(({ metadata, kind }) => metadata.name === name && kind.endsWith('Role'))?.[
    'rules'
  ] as Rule[];
}

/** Each right as one line. */
function rights(name: string, manifests: readonly Manifest[] = MANIFESTS): readonly string[] {
  return rulesOf(name, manifests)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    )
    .sort();
}

describe('the kustomizations', () => {
  it('name files that exist, and every file is named by one of them', () => {
    const named = kustomizations().flatMap((each) => [
      ...(each.resources ?? []).map((name) => beside(each, name)),
      ...(each.configMapGenerator ?? []).flatMap(({ files }) => files.map((name) => beside(each, name))),
    ]);
    expect(named.filter((path) => !statSync(join(ROOT, path), { throwIfNoEntry: false }))).toEqual([]);
    expect(FILES.filter((file) => !named.includes(file) && !file.endsWith('/kustomization.yaml'))).toEqual(
      [],
    );
  });

  it('are in every folder', () => {
    const folders = readdirSync(join(ROOT, KUBERNETES)).map(
      (name) => `${KUBERNETES}/${name}/kustomization.yaml`,
    );
    expect(
      kustomizations()
        .map(({ file }) => file)
        .sort(),
    ).toEqual(folders.sort());
  });

  it('ship the configuration that the daemon ships, for a namespace that it may look into', () => {
    expect(readText(`${KUBERNETES}/daemon/config.yaml`)).toContain(readText('config/config.yaml'));
    const file = join(ROOT, KUBERNETES, 'daemon/config.yaml');
    const { server, topology, kubernetes } = loadSettings({ file, flags: {}, environment: environment() });
    expect(server).toMatchObject({ host: '0.0.0.0', port: 8000 });
    expect([...topology.services.keys()]).toEqual([...SETTINGS.topology.services.keys()]);
    const bound = MANIFESTS.filter(({ metadata }) => /observe|change/.test(metadata.name)).flatMap(
      ({ metadata }) => metadata.namespace ?? [],
    );
    expect(new Set(bound)).toEqual(new Set([kubernetes.namespace]));
  });
});

function environment(): Record<string, string> {
  return Object.fromEntries(podSpec().containers[0].env.map(({ name, value = '' }) => [name, value]));
}

describe('the Deployment', () => {
  it('asks for addresses that the daemon answers, on the port that it listens on', async () => {
    const server = await buildServer(testDaemon(), { version: packageFile.version });
    const [container] = podSpec().containers;
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
      const { path = '', port } = container[probe]?.httpGet ?? {};
      expect((await server.inject({ url: path })).statusCode, probe).toBe(200);
      expect(container.ports.find(({ name }) => name === port)?.containerPort).toBe(8000);
    }
    await server.close();
    expect(environment()['DTA_SLO_PORT']).toBe('8000');
  });

  it('meets the restricted pod security standard, with a root that cannot be written', () => {
    expect(podSpec().securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(podSpec().containers.map(({ securityContext }) => securityContext)).toEqual([
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ]);
    expect(one('Namespace').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('runs as the user of the image, keeps the history where the image has it, and is of this version', () => {
    const image = readText('Dockerfile');
    const [container] = podSpec().containers;
    expect(image).toContain('USER 1000:1000');
    const history = container.volumeMounts.find(({ name }) => name === 'history')?.mountPath;
    expect(image).toContain(`VOLUME ${history}\n`);
    expect(container.image).toBe(`dta-slo:${packageFile.version}`);
    expect(image).toContain(`image.version="${packageFile.version}"`);
  });

  it('mounts volumes that it has, of claims and maps that are there', () => {
    const { volumes, containers, serviceAccountName } = podSpec();
    const names = volumes.map(({ name }) => name);
    expect(containers[0].volumeMounts.map(({ name }) => name).sort()).toEqual(names.sort());
    const claims = volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
    expect(claims).toEqual([one('PersistentVolumeClaim').metadata.name]);
    const maps = kustomizations().flatMap(({ configMapGenerator = [] }) =>
      configMapGenerator.map(({ name }) => name),
    );
    expect(volumes.flatMap(({ configMap }) => configMap?.name ?? [])).toEqual(maps);
    expect(serviceAccountName).toBe(one('ServiceAccount').metadata.name);
  });

  it('never has two daemons on one history', () => {
    expect(one('Deployment')['spec']).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });
});

describe('the rights', () => {
  it('to observe are to read what the daemon watches, and nothing else', () => {
    const watched = (verbs: readonly string[]) => (kind: WorkloadKind) =>
      verbs.map((verb) => `${verb} ${kind.group}/${kind.plural}`);
    expect(rights('dta-slo-observe')).toEqual(
      [
        ...KINDS.flatMap(watched(['get', 'list', 'watch'])),
        ...AUTOSCALERS.flatMap(watched(['list', 'watch'])),
        'list /pods',
        'watch /pods',
        'list metrics.k8s.io/pods',
      ].sort(),
    );
  });

  it('to change are to patch workloads and their scale, and nothing else', () => {
    expect(rights('dta-slo-change')).toEqual(
      KINDS.flatMap(({ group, plural }) => [
        `patch ${group}/${plural}`,
        `patch ${group}/${plural}/scale`,
      ]).sort(),
    );
  });

  it('to resize in place are to do just that', () => {
    expect(rights('dta-slo-resize')).toEqual(['patch /pods/resize']);
  });

  it('to lead are to one Lease by name, but for its creation', () => {
    const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    expect(rulesOf('dta-slo-leader')).toEqual([
      { ...leases, resourceNames: [SETTINGS.kubernetes.lease.name], verbs: ['get', 'update'] },
      { ...leases, verbs: ['create'] },
    ]);
  });

  it('hold no wildcard', () => {
    const all = MANIFESTS.filter(({ kind }) => kind.endsWith('Role')).flatMap(
      (role) => role['rules'] as Rule[],
    );
    const words = all.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word.includes('*'))).toEqual([]);
  });

  it('are granted namespace by namespace, to the account of the daemon, and never in the whole cluster', () => {
    expect(MANIFESTS.filter(({ kind }) => kind === 'ClusterRoleBinding')).toEqual([]);
    const bindings = MANIFESTS.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings).toHaveLength(4);
    for (const binding of bindings) {
      const { kind, name } = binding['roleRef'] as { kind: string; name: string };
      expect(MANIFESTS.some((manifest) => manifest.kind === kind && manifest.metadata.name === name)).toBe(
        true,
      );
      const account = { kind: 'ServiceAccount', name: one('ServiceAccount').metadata.name };
      expect(binding['subjects']).toEqual([{ ...account, namespace: one('Namespace').metadata.name }]);
    }
  });
});

describe.skipIf(!hasKubectl())('what kubectl builds of them', () => {
  it('with the right to look has no role that changes anything but the Lease', () => {
    const manifests = built('recommend');
    const roles = manifests.filter(({ kind }) => kind.endsWith('Role')).map(({ metadata }) => metadata.name);
    expect(roles.sort()).toEqual(['dta-slo-leader', 'dta-slo-observe']);
  });

  it('with the right to change has that role besides, and the same daemon', () => {
    const [recommend, apply] = [built('recommend'), built('apply')];
    const id = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    const more = apply.map(id).filter((each) => !recommend.map(id).includes(each));
    expect(more.sort()).toEqual(['ClusterRole /dta-slo-change', 'RoleBinding default/dta-slo-change']);
    expect(one('Deployment', apply)).toEqual(one('Deployment', recommend));
  });

  it('lets Service, ServiceMonitor and NetworkPolicy find the pods', () => {
    const manifests = built('recommend');
    const { template, selector } = one('Deployment', manifests)['spec'] as {
      template: { metadata: { labels: unknown } };
      selector: { matchLabels: object };
    };
    const service = one('Service', manifests);
    const { selector: chosen, ports } = service['spec'] as {
      selector: object;
      ports: { name: string; targetPort: string }[];
    };
    expect(template.metadata.labels).toMatchObject(chosen);
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(podSpec(manifests).containers[0].ports.map(({ name }) => name)).toContain(ports[0]?.targetPort);
    const monitor = one('ServiceMonitor')['spec'] as {
      selector: { matchLabels: object };
      endpoints: { port: string }[];
    };
    expect(service.metadata.labels).toMatchObject(monitor.selector.matchLabels);
    expect(ports.map(({ name }) => name)).toContain(monitor.endpoints[0]?.port);
    const policy = one('NetworkPolicy')['spec'] as { podSelector: { matchLabels: object } };
    expect(template.metadata.labels).toMatchObject(policy.podSelector.matchLabels);
  });

  it('mounts the configuration under the name that its content gives it', () => {
    const manifests = built('recommend');
    const map = one('ConfigMap', manifests);
    expect(map.metadata.name).toMatch(/^dta-slo-config-\w+$/);
    expect(podSpec(manifests).volumes.flatMap(({ configMap }) => configMap?.name ?? [])).toEqual([
      map.metadata.name,
    ]);
  });
});
