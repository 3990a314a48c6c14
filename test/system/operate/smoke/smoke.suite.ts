import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Report, reportSchema } from '../../../../operate/smoke/report.ts';
import type { Kit } from '../../../support/kit/kit.ts';
import { KEY, sharedKit } from '../../../support/kit/shared-kit.ts';

const COMMAND = fileURLToPath(new URL('../../../../bin/gatehouse.js', import.meta.url));
const run = promisify(execFile);

// Without a key, with wrong ones and called wrongly: test/unit/cli/smoke.test.ts.
describe('gatehouse smoke, of a kit with keys', () => {
  let kit: Kit;
  before(async () => {
    kit = await sharedKit('keyed');
  });

  it('passes every row that this machine can check, a message included', async () => {
    const { stdout, stderr } = await run(
      process.execPath,
      [COMMAND, 'smoke', kit.origin, '--json', '--send'],
      { cwd: '/', env: { PATH: process.env.PATH, API_KEYS: KEY } },
    );
    const report: Report = reportSchema.parse(JSON.parse(stdout));
    const states = Object.fromEntries(report.rows.map((row) => [row.name, row.state]));
    assert.deepEqual(states, {
      answers: 'passed',
      redirect: 'skipped',
      tls: 'skipped',
      release: 'skipped',
      health: 'passed',
      'any-host': 'passed',
      keys: 'passed',
      refusals: 'passed',
      'internal-paths': 'passed',
      'internal-ports': 'skipped',
      events: 'passed',
      websocket: 'passed',
      send: 'passed',
      latency: 'passed',
      'still-answers': 'passed',
    });
    assert.ok(!stdout.includes(KEY) && !stderr.includes(KEY));
  });
});
