/** The manifests of deploy/kubernetes: as they stand in the files, and as kustomize puts them together. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { loadAll } from 'js-yaml';
import { ROOT, readText } from './promql.ts';

export const KUBERNETES = 'deploy/kubernetes';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly [key: string]: unknown;
}

export type Labels = Readonly<Record<string, string>>;

export interface Kustomization {
  readonly file: string;
  readonly kind: string;
  readonly resources?: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

export const FILES: readonly string[] = readdirSync(join(ROOT, KUBERNETES), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => `${KUBERNETES}/${file}`);

export function documents(text: string): readonly Manifest[] {
  return loadAll(text).filter((document) => document !== null) as Manifest[];
}

export function kustomizations(): readonly Kustomization[] {
  return FILES.filter((file) => file.endsWith('/kustomization.yaml')).flatMap((file) =>
    documents(readText(file)).map((document) => ({ ...document, file }) as unknown as Kustomization),
  );
}

/** A file that a kustomization names, from the root. */
export function beside({ file }: Kustomization, name: string): string {
  return normalize(join(dirname(file), name));
}

/** What `kubectl apply -k` would send. */
export function built(variant: 'recommend' | 'apply'): readonly Manifest[] {
  const path = join(ROOT, KUBERNETES, variant);
  return documents(execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8' }));
}

export function hasKubectl(): boolean {
  return spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
}
