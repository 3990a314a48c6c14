import assert from 'node:assert/strict';
import { runCli } from '../../support/cli/run-cli.ts';

describe('command line', () => {
  it('shows its help with --help, with help and without any word', async () => {
    for (const args of [['--help'], ['help'], [], ['start', '-h']]) {
      const { status, stdout } = await runCli(args);
      assert.equal(status, 0);
      assert.match(stdout, /Usage: gatehouse COMMAND/);
    }
  });

  it('refuses what it does not know with 64 and names the help', async () => {
    for (const args of [
      ['strat'],
      ['start', '--prot', '1'],
      ['config', 'now'],
      ['start', '--check'],
      ['demo', '--whatsapp', 'real'],
      ['doctor', 'message', 'a/../b'],
      ['deploy', '--target', 'moon'],
      ['deploy', '--target', 'fly', '--url', 'kit.example'],
    ]) {
      const { status, stderr, stdout } = await runCli(args);
      assert.equal(status, 64, args.join(' '));
      assert.match(stderr, /^gatehouse: .*\nTry: gatehouse help\n$/);
      assert.equal(stdout, '');
    }
  });

  it('takes no secret as a flag, whose value every user of the machine could read, and does not show it', async () => {
    for (const flag of ['--api-keys', '--internal-secret', '--database-url'])
      for (const given of [[flag, 'postgres://of:secret@h/n'], [`${flag}=postgres://of:secret@h/n`]])
        for (const command of ['start', 'demo', 'config', 'doctor', 'deploy']) {
          const { status, stderr, stdout } = await runCli([command, ...given]);
          assert.equal(status, 64, `${command} ${flag}`);
          assert.match(
            stderr,
            new RegExp(`${flag} is a secret.*set [A-Z_]+ in the environment or in .env\nTry`),
          );
          assert.ok(!`${stderr}${stdout}`.includes('of:secret'));
        }
  });

  it('shows every setting with its origin, as a table and as JSON', async () => {
    const table = await runCli(['config', '--api-port', '9001']);
    assert.match(table.stdout, /^API_PORT +9001 +command line$/m);
    assert.ok(!table.stdout.includes('\u001b'), 'a pipe gets no colours');
    const json = JSON.parse(
      (await runCli(['config', '--json'], { API_KEYS: 'k9f86d081884c7d659a2feaa' })).stdout,
    );
    assert.deepEqual(json.API_KEYS, { path: 'apiKeys', value: '[secret]', origin: 'environment' });
    assert.equal(json.PORT.value, 8001);
  });

  it('checks the configuration: 0 when good, 78 with every problem when not', async () => {
    assert.equal((await runCli(['config', '--check'])).status, 0);
    const { status, stderr } = await runCli(['config', '--check'], { PORT: '0', GATE: 'apache' });
    assert.equal(status, 78);
    assert.match(stderr, /^PORT .*\nGATE .*\n2 problems in the configuration; nothing was started\.\n$/);
  });

  it('has rendered what the schema says', async () => {
    const { status, stdout } = await runCli(['render', '--check']);
    assert.equal(status, 0, stdout);
  });

  it('knows the targets of a deploy, and refuses those that are deployed by hand', async () => {
    for (const [target, word] of [
      ['swarm', /swarm is rendered only, and deployed by hand/],
      ['nginx', /nginx is rendered only/],
      ['moon', /there is no target "moon"; there are compose, railway/],
    ] as const) {
      const { status, stderr } = await runCli(['deploy', '--target', target]);
      assert.equal(status, 64);
      assert.match(stderr, word);
    }
  });
});
