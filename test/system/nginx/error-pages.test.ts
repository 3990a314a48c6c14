import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNginx } from '#config';
import { startNginxGate } from '../../../nginx/nginx-gate.ts';
import { freePort } from '../../support/free-port.ts';
import { fitting, refusalOf } from '../../support/gate/refusal.ts';
import { gateOptions, route } from '../../support/gate/test-gate.ts';

describe('gate with nginx, when the process beside it is gone', () => {
  it('answers with internal_error, in status and body', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'));
    const dead = { host: '127.0.0.1', port: await freePort() };
    const gate = await startNginxGate(gateOptions({ routes: [route(dead)] }), {
      binary: findNginx('') ?? 'nginx',
      folder,
      workers: 1,
      writeLines: () => undefined,
      onEnded: () => undefined,
    });
    rmSync(join(folder, 'process'));
    const refusal = await refusalOf(gate.port, 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    await gate[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(refusal, fitting('internal_error'));
  });
});
