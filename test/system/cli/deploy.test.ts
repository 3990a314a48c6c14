import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMarked } from '../../../services/runtime/process/process-table.ts';
import { CliCopy } from '../../support/cli/cli-copy.ts';
import { startShipped } from '../../support/deploy/ship/shipped.ts';
import { StandIns } from '../../support/deploy/ship/stand-ins.ts';
import { until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const KEY = 'key-of-the-deploy-0123456789abcdef';

describe('gatehouse deploy', () => {
  let kit: CliCopy;
  before(() => {
    kit = new CliCopy();
  });
  after(() => kit[Symbol.dispose]());
  const call = (standIns: StandIns, args: string[], env: Record<string, string> = {}) =>
    kit.run(args, { ...standIns.environment, ...env });

  it('tells of all that speaks against it at once: drift, no login, wrong settings; and runs nothing', async () => {
    using standIns = new StandIns(['fly']);
    standIns.answer([{ when: 'fly auth*', fails: 1 }]);
    const good = join(ROOT, 'fly.toml');
    writeFileSync(kit.path('fly.toml'), '# mine\n');
    const { status, stderr } = await call(standIns, ['deploy', '--target', 'fly'], { LOG_LEVEL: 'loud' });
    cpSync(good, kit.path('fly.toml'));
    assert.equal(status, 78, stderr);
    assert.match(stderr, /fly.toml is not what the declarations say: run make render/);
    assert.match(stderr, /somebody is logged in at Fly.io: fly auth whoami ended with exit code 1/);
    assert.match(stderr, /run fly auth login/);
    assert.match(stderr, /LOG_LEVEL/);
    assert.deepEqual(standIns.lines, ['fly version', 'fly auth whoami']);
    assert.ok(!existsSync(kit.path('.cache')));
  });

  it('tells what to install, once a program, and makes no key for a deploy that cannot be', async () => {
    using standIns = new StandIns([]);
    for (const [target, programs] of Object.entries({
      compose: ['docker'],
      heroku: ['heroku', 'docker'],
      kubernetes: ['kubectl', 'docker'],
      render: ['render', 'git'],
      cloudrun: ['gcloud', 'docker'],
      railway: ['railway', 'npm'],
      systemd: ['id', 'systemctl', 'npm', 'tar'],
    })) {
      const { status, stderr } = await call(standIns, ['deploy', '--target', target], {
        RELEASE: 'r',
        API_KEYS: KEY,
      });
      assert.equal(status, 1, stderr);
      const told = [...stderr.matchAll(/there is no program (\S+)/g)].map(([, program]) => program);
      assert.deepEqual(told, programs, target);
      assert.match(stderr, /nothing was done/);
    }
    assert.ok(!existsSync(kit.path('.env.deploy')));
  });

  it('exits with 78 for settings that are wrong or lacking, before anything is done', async () => {
    using standIns = new StandIns(['fly']);
    standIns.answer([{ when: 'fly secrets list*', says: '[]' }]);
    const { status, stderr } = await call(standIns, ['deploy', '--target', 'fly'], {
      PORT: 'x',
      RELEASE: 'r',
    });
    assert.equal(status, 78);
    assert.match(stderr, /^PORT [\s\S]*API_KEYS[\s\S]*Nothing was done/m);
    assert.deepEqual(standIns.lines.slice(2), ['fly secrets list --app gatehouse --json']);
  });

  it('only looks in a dry run, prints every vector with its secrets masked, and writes nothing', async () => {
    using standIns = new StandIns(['fly', 'heroku', 'docker']);
    standIns.answer([{ when: 'fly apps list*', says: '[]' }]);
    for (const target of ['fly', 'heroku', 'compose']) {
      const { status, stdout, stderr } = await call(standIns, ['deploy', '--target', target, '--dry-run'], {
        API_KEYS: KEY,
        RELEASE: 'r1',
      });
      assert.equal(status, 0, stderr);
      assert.ok(!`${stdout}${stderr}`.includes(KEY));
      assert.match(stdout, /^ {4}\$ .*RELEASE=r1/m);
      if (target === 'heroku') assert.match(stdout, /heroku config:set .*'API_KEYS=\*\*\*'/);
    }
    assert.ok(
      standIns.lines.every((line) => / (list|ps|apps:info|image inspect) ?/.test(line)),
      standIns.lines.join('\n'),
    );
    assert.ok(!existsSync(kit.path('.cache')) && !existsSync(kit.path('.env.deploy')));
  });

  it('shows status and logs as they come, ends what was shipped when asked to, and says what remains', async () => {
    using standIns = new StandIns(['fly']);
    standIns.answer([
      { when: 'fly status*', says: 'one Machine\n' },
      { when: 'fly logs*', says: `a ${KEY} b\n`, fails: 3 },
    ]);
    const env = { API_KEYS: KEY, RELEASE: 'r' };
    assert.match((await call(standIns, ['status', '--target', 'fly'], env)).stdout, /one Machine/);
    const logs = await call(standIns, ['logs', '--target', 'fly', '--follow'], env);
    assert.equal(logs.status, 1);
    assert.match(logs.stdout, /a \*\*\* b/);
    assert.ok(standIns.lines.includes('fly logs --app gatehouse'));
    const unsure = await call(standIns, ['destroy', '--target', 'fly'], env);
    assert.equal(unsure.status, 1);
    assert.match(unsure.stderr, /destroy wants to be sure: say --yes/);
    const sure = await call(standIns, ['destroy', '--target', 'fly', '--yes'], env);
    assert.equal(sure.status, 0, sure.stderr);
    assert.match(sure.stdout, /What remains: the app gatehouse with its secrets and its volume/);
    assert.deepEqual(standIns.lines.slice(-1), ['fly scale count 0 --app gatehouse --yes']);
  });

  it('ships, says where it serves and how to go back, and shows the key to nobody', async () => {
    using standIns = new StandIns(['docker']);
    await using shipped = await startShipped(() => standIns.serving, KEY);
    standIns.answer([
      { when: 'docker info*', says: '6.1.0\n' },
      { when: '*up*blue', serves: 'r1' },
    ]);
    const { status, stdout, stderr } = await call(standIns, ['deploy', '--url', shipped.url], {
      API_KEYS: KEY,
      RELEASE: 'r1',
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`r1 serves at ${shipped.url}\\n`));
    assert.match(stdout, /✓ look at it from outside/);
    assert.ok(!`${stdout}${stderr}`.includes(KEY));
    assert.equal(statSync(kit.path('.cache/deploy/compose.env')).mode & 0o777, 0o600);
  });

  it('takes back what it has done when it is interrupted, and leaves nothing running', async () => {
    using standIns = new StandIns(['docker']);
    await using shipped = await startShipped(() => standIns.serving, KEY);
    standIns.serving = 'r1';
    const running = { Service: 'blue', State: 'running', Labels: 'gatehouse.release=r1' };
    standIns.answer([
      { when: 'docker info*', says: '6.1.0\n' },
      { when: '*compose* ps *', says: JSON.stringify(running) },
      { when: '*up*green', hangs: true },
    ]);
    const { child, end } = start(standIns, ['deploy', '--url', shipped.url], { RELEASE: 'r2' });
    await until('green is being started', () => standIns.lines.some((line) => /up .*green$/.test(line)));
    child.kill('SIGTERM');
    const { status, stderr, stdout } = await end;
    assert.equal(status, 1, stdout);
    assert.match(stderr, /gatehouse: interrupted\nr1 serves again/);
    assert.match(standIns.lines.at(-1) ?? '', /stop green$/);
    const mark = `STAND_IN=${standIns.folder}`;
    await until('no program of the deploy runs', () => findMarked(mark).length === 0);
  });

  it('wants no secret to look, to go back and to end, and makes none', async () => {
    using standIns = new StandIns(['docker']);
    standIns.answer([{ when: 'docker info*', says: '6.1.0\n' }]);
    assert.equal((await call(standIns, ['status'])).status, 0);
    assert.equal((await call(standIns, ['destroy', '--yes'])).status, 0);
    const { status, stderr } = await call(standIns, ['rollback']);
    assert.equal(status, 1);
    assert.match(stderr, /there is no earlier release to go back to/);
    assert.ok(!existsSync(kit.path('.env.deploy')));
  });

  function start(standIns: StandIns, args: string[], env: Record<string, string>) {
    const child = spawn(process.execPath, [kit.path('bin/gatehouse.js'), ...args], {
      cwd: kit.root,
      env: { ...standIns.environment, API_KEYS: KEY, ...env },
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece: Buffer) => {
      said.stdout += piece.toString();
    });
    child.stderr.on('data', (piece: Buffer) => {
      said.stderr += piece.toString();
    });
    const end = once(child, 'close').then(([status]) => ({ status: Number(status), ...said }));
    return { child, end };
  }
});
