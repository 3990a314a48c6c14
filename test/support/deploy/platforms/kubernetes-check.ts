import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type KubernetesObject, parseObjects } from './kubernetes-objects.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const types = join(ROOT, 'node_modules/kubernetes-types');
const execute = promisify(execFile);
const outputSchema = z.looseObject({ stdout: z.string() });

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

/**
 * What TypeScript has against each set of objects, by the types of the Kubernetes API: its messages by the name of the
 * set, none for a set that fits. One compiler checks all sets.
 */
export async function typeErrors(
  sets: Readonly<Record<string, readonly KubernetesObject[]>>,
): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kubernetes-'));
  for (const [name, objects] of Object.entries(sets)) {
    const lines = objects.map((object, index) => {
      const module = MODULES[object.kind];
      if (module === undefined) throw new Error(`no types are known for the kind ${object.kind}`);
      return `export const o${index}: import('${types}/${module}').${object.kind} = ${JSON.stringify(object)};`;
    });
    writeFileSync(join(folder, `${name}.ts`), `${lines.join('\n')}\n`);
  }
  const { stdout } = await execute(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['--noEmit', '--strict', '--skipLibCheck', '--types', '', '--ignoreConfig', '--pretty', 'false'],
      ...[
        '--module',
        'esnext',
        '--moduleResolution',
        'bundler',
        ...Object.keys(sets).map((name) => `${name}.ts`),
      ],
    ],
    { cwd: folder },
  ).catch((error: unknown) => outputSchema.parse(error));
  rmSync(folder, { recursive: true });
  const starts = [...stdout.matchAll(/^([\w-]+)\.ts\(/gm)];
  assert.ok(stdout === '' || starts.length > 0, stdout);
  return Object.fromEntries(
    Object.keys(sets).map((name) => [
      name,
      starts
        .flatMap((start, index) =>
          start[1] === name ? [stdout.slice(start.index, starts[index + 1]?.index)] : [],
        )
        .join(''),
    ]),
  );
}

/** The kubectl that a script of ours fetches; else why there is none. */
export function findKubectl(): { path: string } | { lack: string } {
  const { status, stdout, stderr } = spawnSync('sh', [join(ROOT, 'test/support/tools/find-kubectl.sh')], {
    encoding: 'utf8',
  });
  return status === 0 ? { path: stdout.trim() } : { lack: stderr.trim() };
}

/** What kustomize makes of the files, from one of their folders. Rejects with what it has against them. */
export async function kustomize(
  kubectl: string,
  files: ReadonlyMap<string, string>,
  folderEnd: string,
): Promise<KubernetesObject[]> {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-kustomize-'));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const folder = [...files.keys()].map(dirname).find((path) => path.endsWith(folderEnd));
  if (folder === undefined) throw new Error(`no file lies in ${folderEnd}`);
  try {
    const { stdout } = await execute(kubectl, ['kustomize', join(root, folder)]);
    return parseObjects(stdout);
  } finally {
    rmSync(root, { recursive: true });
  }
}
