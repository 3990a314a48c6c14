import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRehearsal } from '../../../cli/rehearse-options.ts';
import { STEPS } from '../../../operate/rehearse/steps.ts';
import { lockFile } from '../../../services/runtime/process/file-lock.ts';
import { runCli } from '../../support/cli/run-cli.ts';

describe('gatehouse rehearse', () => {
  it('reads steps by name and number, numbers in any form, and times', () => {
    const values = {
      only: '1,kill',
      skip: '9',
      to: '+1 (555) 010-0199',
      pair: '0049 151 12345678',
      offline: '0.5',
    };
    const wish = readRehearsal({ operands: [], settings: {}, options: new Set(['yes']), values });
    assert.deepEqual(wish, {
      only: ['compat', 'kill'],
      skip: ['stand-by'],
      to: '15550100199@c.us',
      pair: '4915112345678',
      isSure: true,
      standByMs: 420_000,
      offlineMs: 500,
      out: undefined,
    });
  });

  it('names its steps in the help', async () => {
    const { stdout } = await runCli(['rehearse', '--help']);
    for (const { name } of STEPS) assert.ok(stdout.includes(name), name);
  });

  it('exits 69 when another rehearsal has the folder, and starts nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-rehearse-'));
    const lock = lockFile(join(folder, 'rehearsal', 'rehearsal'), 'already_running');
    try {
      const { status, stdout, stderr } = await runCli(['rehearse'], { DATA_DIR: folder });
      assert.equal(status, 69, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /is in use by process \d+ .*; stop that one first\n$/);
    } finally {
      lock.release();
      rmSync(folder, { recursive: true });
    }
  });

  for (const args of [
    ['--only', 'tea'],
    ['--skip', '11'],
    ['--to', 'me'],
    ['--pair', '12'],
    ['--stand-by', 'long'],
    ['--offline', '1e9'],
    ['--to', '15550100199'],
    ['--to', '120363000000000000@g.us', '--yes'],
    ['--to', '15550001111-1388888888', '--yes'],
    ['--to', '+1 555 010 0199', '--pair', '15550100199', '--yes'],
    ['--out', '/dev/null/report'],
    ['now'],
  ])
    it(`exits 64 and starts nothing, called wrongly: ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await runCli(['rehearse', ...args]);
      assert.equal(status, 64, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^gatehouse: .*\nTry: gatehouse help\n$/);
    });
});
