import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const execute = promisify(execFile);
const failureSchema = z.looseObject({ code: z.number(), stdout: z.string(), stderr: z.string() });

/** The plugin, which a script of ours finds or fetches; else why there is none. */
export function findCompose(): { path: string } | { lack: string } {
  const { status, stdout, stderr } = spawnSync('sh', [join(ROOT, 'test/support/tools/find-compose.sh')], {
    encoding: 'utf8',
  });
  return status === 0 ? { path: stdout.trim() } : { lack: stderr.trim() };
}

/** What `docker compose config` makes of a file, or says against it. */
export async function composeConfig(
  compose: string,
  text: string,
  variables: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<{ readonly status: number; readonly model: unknown; readonly said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'));
  writeFileSync(join(folder, 'compose.yaml'), text);
  writeFileSync(join(folder, '.env.deploy'), `API_KEYS=k9f86d081884c7d659a2feaa0c55ad01\n`);
  const { code, stdout, stderr } = await execute(compose, [...args, 'config', '--format', 'json'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...variables },
  }).then(
    (output) => ({ ...output, code: 0 }),
    (error: unknown) => failureSchema.parse(error),
  );
  rmSync(folder, { recursive: true });
  return { status: code, model: code === 0 ? JSON.parse(stdout) : undefined, said: stderr };
}

const schema: unknown = JSON.parse(
  readFileSync(join(ROOT, 'node_modules/dclint/schemas/compose.schema.json'), 'utf8'),
);
const { $schema: _dialect, ...compose } = z.looseObject({ $schema: z.string().optional() }).parse(schema);
const isCompose = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(compose);

/** What the Compose specification's schema has against a document. */
export function schemaErrors(document: unknown): string[] {
  isCompose(document);
  return (isCompose.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
