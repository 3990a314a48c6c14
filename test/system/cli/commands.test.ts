import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../../bin/gatehouse.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
const gatehouse = (args: string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });

describe('command line', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('shows its help with --help, with help and without any word', () => {
    for (const args of [['--help'], ['help'], [], ['start', '-h']]) {
      const { status, stdout } = gatehouse(args);
      assert.equal(status, 0);
      assert.match(stdout, /Usage: gatehouse COMMAND/);
    }
  });

  it('refuses what it does not know with 64 and a word on where to look', () => {
    for (const args of [
      ['strat'],
      ['start', '--prot', '1'],
      ['config', 'now'],
      ['start', '--check'],
      ['demo', '--whatsapp', 'real'],
    ]) {
      const { status, stderr, stdout } = gatehouse(args);
      assert.equal(status, 64, args.join(' '));
      assert.match(stderr, /^gatehouse: .*\nTry: gatehouse help\n$/);
      assert.equal(stdout, '');
    }
  });

  it('shows every setting with its origin, as a table and as JSON', () => {
    assert.match(gatehouse(['config', '--api-port', '9001']).stdout, /^API_PORT +9001 +command line$/m);
    const json = JSON.parse(gatehouse(['config', '--json'], { API_KEYS: 'k'.repeat(24) }).stdout);
    assert.deepEqual(json.API_KEYS, { path: 'apiKeys', value: '[secret]', origin: 'environment' });
    assert.equal(json.PORT.value, 8001);
  });

  it('checks the configuration: 0 when good, 78 with every problem when not', () => {
    assert.equal(gatehouse(['config', '--check']).status, 0);
    const { status, stderr } = gatehouse(['config', '--check'], { PORT: '0', GATE: 'apache' });
    assert.equal(status, 78);
    assert.match(stderr, /^PORT .*\nGATE .*\n2 problems in the configuration; nothing was started\.\n$/);
  });

  it('has rendered what the schema says', () => {
    const { status, stdout } = gatehouse(['render', '--check']);
    assert.equal(status, 0, stdout);
  });

  it('prints no colours where there is no terminal', () => {
    assert.ok(!gatehouse(['config']).stdout.includes('\u001b'));
  });
});
