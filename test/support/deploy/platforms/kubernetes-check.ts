import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Where the types of an object lie in `kubernetes-types`. */
const MODULES: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  Service: 'core/v1',
  ConfigMap: 'core/v1',
  PersistentVolumeClaim: 'core/v1',
  NetworkPolicy: 'networking/v1',
  Ingress: 'networking/v1',
  PodDisruptionBudget: 'policy/v1',
};

/** An object of Kubernetes, loosely. */
export const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type KubernetesObject = z.infer<typeof objectSchema>;

export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => objectSchema.parse(document.toJS()));
}

/** What TypeScript has against objects, by the types of the Kubernetes API: nothing, or its messages. */
export function typeErrors(objects: readonly KubernetesObject[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kubernetes-'));
  const types = join(ROOT, 'node_modules/kubernetes-types');
  const lines = objects.map((object, index) => {
    const module = MODULES[object.kind];
    if (module === undefined) throw new Error(`no types are known for the kind ${object.kind}`);
    return `export const o${index}: import('${types}/${module}').${object.kind} = ${JSON.stringify(object)};`;
  });
  writeFileSync(join(folder, 'objects.ts'), `${lines.join('\n')}\n`);
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['--noEmit', '--strict', '--skipLibCheck', '--types', '', '--ignoreConfig'],
      ...['--module', 'esnext', '--moduleResolution', 'bundler', 'objects.ts'],
    ],
    { cwd: folder, encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true });
  return status === 0 ? '' : stdout;
}

/** The kubectl that a script of ours fetches; else why there is none. */
export function findKubectl(): { path: string } | { lack: string } {
  const { status, stdout, stderr } = spawnSync('sh', [join(ROOT, 'test/support/tools/find-kubectl.sh')], {
    encoding: 'utf8',
  });
  return status === 0 ? { path: stdout.trim() } : { lack: stderr.trim() };
}

/** What kustomize makes of the files, from one of their folders. Throws with what it has against them. */
export function kustomize(
  kubectl: string,
  files: ReadonlyMap<string, string>,
  folderEnd: string,
): KubernetesObject[] {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-kustomize-'));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const folder = [...files.keys()].map(dirname).find((path) => path.endsWith(folderEnd));
  if (folder === undefined) throw new Error(`no file lies in ${folderEnd}`);
  try {
    const text = execFileSync(kubectl, ['kustomize', join(root, folder)], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return parseObjects(text);
  } finally {
    rmSync(root, { recursive: true });
  }
}
