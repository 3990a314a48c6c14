import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNginx } from '#config';
import { checkConfig } from '../../../nginx/nginx-process.ts';
import { hasEnded } from '../../../services/runtime/process/process-table.ts';
import { until } from '../../support/until.ts';

const SOURCE = fileURLToPath(new URL('../../../nginx/nginx-process.ts', import.meta.url));

describe('gate with nginx, while nginx checks its configuration', () => {
  let folder: string;
  let pipe: string;
  let config: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
    pipe = join(folder, 'access');
    config = join(folder, 'nginx.conf');
    execFileSync('mkfifo', [pipe]);
    writeFileSync(config, `pid "${folder}/pid"; events {} http { access_log "${pipe}"; }`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** An nginx that never ends its check. Writes its process id to `hanging.pid`. */
  const hangingNginx = (): string => {
    const path = join(folder, 'hanging');
    writeFileSync(path, '#!/bin/sh\necho $$ > "$0.new" && mv "$0.new" "$0.pid"\nexec sleep 3600\n', {
      mode: 0o755,
    });
    return path;
  };
  const pidOf = (path: string): number => Number(readFileSync(`${path}.pid`, 'utf8'));

  it('ends the check although the gate, which reads the access log, has gone', async () => {
    await checkConfig(findNginx('') ?? 'nginx', config, pipe);
  });

  it('says what nginx has against it', async () => {
    writeFileSync(config, 'events {} nonsense on;');
    await assert.rejects(
      checkConfig(findNginx('') ?? 'nginx', config, pipe),
      /does not take its configuration: .*unknown directive "nonsense"/,
    );
  });

  it('kills a check that does not end', async () => {
    const path = hangingNginx();
    await assert.rejects(checkConfig(path, config, pipe, 100), /SIGKILL; the check may take 100 ms/);
    await assert.rejects(
      checkConfig(join(folder, 'missing'), config, pipe),
      /does not take its configuration/,
    );
  });

  it('leaves no check behind when the gate is killed', async () => {
    const path = hangingNginx();
    const script = `const { checkConfig } = await import(${JSON.stringify(SOURCE)});
await checkConfig(...${JSON.stringify([path, config, pipe])});`;
    const gate = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    const ended = once(gate, 'exit');
    const pid = await until('the check runs', () => pidOf(path));
    gate.kill('SIGKILL');
    await ended;
    await until('the check has ended', () => hasEnded(pid));
  });
});
