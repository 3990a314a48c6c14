import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Report, reportSchema } from '../../../../operate/rehearse/report.ts';
import { endWithTests } from '../../end-with-tests.ts';

const GATEHOUSE = new URL('../../../../bin/gatehouse.js', import.meta.url).pathname;

export interface Rehearsal {
  readonly exitCode: number | null;
  readonly screen: string;
  readonly report: Report;
  readonly markdown: string;
}

/**
 * Runs `gatehouse rehearse ARGS` on the sandbox, as a process. `page` is `SANDBOX_PAGE`. `watch` gets what it prints and
 * may signal it.
 */
export async function runRehearsal(
  args: readonly string[],
  page = process.env.SANDBOX_PAGE ?? '2026-09',
  watch: (screen: string, signal: (name: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Rehearsal> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-rehearse-'));
  const out = join(folder, 'report');
  const env = { ...process.env, DATA_DIR: join(folder, 'data'), WHATSAPP: 'sandbox', SANDBOX_PAGE: page };
  const child = spawn(process.execPath, [GATEHOUSE, 'rehearse', '--out', out, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.once('exit', endWithTests(child));
  try {
    const exit = once(child, 'exit');
    const errors = text(child.stderr);
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      screen += piece;
      watch(screen, (name) => child.kill(name));
    });
    await exit;
    if (child.exitCode !== 0 && child.exitCode !== 1) throw new Error(`${screen}\n${await errors}`);
    const report = reportSchema.parse(JSON.parse(readFileSync(join(out, 'rehearsal.json'), 'utf8')));
    const markdown = readFileSync(join(out, 'rehearsal.md'), 'utf8');
    return { exitCode: child.exitCode, screen: `${screen}${await errors}`, report, markdown };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
