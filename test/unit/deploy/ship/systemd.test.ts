import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const PROGRAMS = {
  target: 'systemd',
  programs: ['systemctl', 'journalctl', 'install', 'tar', 'npm', 'id', 'useradd', 'ls', 'rm', 'cp', 'sysctl'],
} as const;
const RELEASES = '/opt/gatehouse/releases';
const FOLDER = `${RELEASES}/new`;
const LOOK =
  'systemctl list-units --plain --no-legend --state=active,activating,reloading gatehouse@*.service';
const unit = (verb: string, release: string) => `systemctl ${verb} gatehouse@${release}.service`;
const runs = (...releases: string[]) => ({
  when: 'systemctl list-units*',
  says: releases
    .map((name) => `gatehouse@${name}.service loaded active running gatehouse, release ${name}\n`)
    .join(''),
});
const keeps = (...releases: string[]) => ({
  when: 'ls*',
  says: releases.map((name) => `${name}\n`).join(''),
});
const ACTIVE = { when: 'systemctl show*', says: 'active\n' };

describe('make deploy TARGET=systemd', () => {
  it('makes user, release, settings and unit at first, and starts it with the host', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([
      { when: 'id -u gatehouse', fails: 1 },
      { when: unit('start', 'new'), serves: 'new' },
      ACTIVE,
    ]);
    assert.equal(await scene.deploy(), '');
    const lines = scene.lines.map((line) => line.replace(process.execPath, 'NODE'));
    assert.deepEqual(lines, [
      LOOK,
      `ls -1 --sort=time ${RELEASES}`,
      'id -u gatehouse',
      'useradd --system --user-group gatehouse',
      `install -d -m 755 ${FOLDER}`,
      'tar --create --file=ROOT/.cache/deploy/systemd.tar --exclude=./.git --exclude=./node_modules --exclude=./data --exclude=./coverage --exclude=./.cache --exclude=./.env --exclude=./.env.deploy --exclude=./*.log .',
      `tar --extract --file=ROOT/.cache/deploy/systemd.tar --no-same-owner --directory=${FOLDER}`,
      'rm --force ROOT/.cache/deploy/systemd.tar',
      `npm --prefix ${FOLDER} ci --omit=dev --ignore-scripts --no-fund --no-audit --loglevel=error`,
      `install -D -m 755 NODE ${FOLDER}/node_modules/.bin/node`,
      'install -d -m 700 /etc/gatehouse',
      'install -m 600 ROOT/.cache/deploy/systemd.env /etc/gatehouse/gatehouse.env',
      'install -m 644 deploy/rendered/systemd/gatehouse@.service /etc/systemd/system/gatehouse@.service',
      'install -m 644 deploy/rendered/systemd/90-gatehouse.conf /etc/sysctl.d/90-gatehouse.conf',
      'sysctl --load=/etc/sysctl.d/90-gatehouse.conf',
      'systemctl daemon-reload',
      unit('start', 'new'),
      unit('enable', 'new'),
    ]);
    const env = join(scene.root, '.cache/deploy/systemd.env');
    assert.equal(readFileSync(env, 'utf8'), `API_KEYS="${KEY}"\n`);
    assert.equal(statSync(env).mode & 0o777, 0o600);
    assert.ok(!scene.lines.join('\n').includes(KEY) && !scene.told.includes(KEY));
  });

  it('starts the new one beside the old, which then stops, and keeps five releases', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([
      runs('old'),
      keeps('old', 'r6', 'r5', 'r4', 'r3', 'r2'),
      { when: unit('start', 'new'), serves: 'new' },
      ACTIVE,
    ]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines.slice(scene.lines.indexOf('systemctl daemon-reload') + 1), [
      unit('start', 'new'),
      unit('stop', 'old'),
      unit('enable', 'new'),
      unit('disable', 'old'),
      `rm --recursive --force -- ${RELEASES}/r3 ${RELEASES}/r2`,
    ]);
  });

  it('takes all of it back, the last first, when it is not fit to be seen from outside', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old', release: 'leaky' });
    scene.answer([
      runs('old'),
      keeps('old'),
      { when: unit('start', 'leaky'), serves: 'leaky' },
      { when: unit('start', 'old'), serves: 'old' },
      ACTIVE,
    ]);
    assert.match(await scene.deploy(), /it fails when looked at from outside[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(scene.lines.indexOf(unit('disable', 'old')) + 1), [
      unit('enable', 'old'),
      unit('disable', 'leaky'),
      unit('start', 'old'),
      unit('stop', 'leaky'),
    ]);
  });

  it('does not wait for an instance that has failed, and shows its log', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([
      runs('old'),
      { when: 'systemctl show*', says: 'failed\n' },
      { when: 'journalctl*', says: 'cannot find a browser\n' },
    ]);
    assert.match(await scene.deploy(), /new has ended; its log says why[\s\S]*old serves again/);
    assert.ok(!scene.lines.includes(unit('stop', 'old')));
    assert.deepEqual(scene.lines.slice(-1), [unit('stop', 'new')]);
  });

  it('removes what it copied when the packages cannot be had, and touches nothing that runs', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([runs('old'), { when: 'npm*', fails: 1 }]);
    assert.match(await scene.deploy(), /"bring its production packages" failed[\s\S]*old was not touched/);
    assert.deepEqual(scene.lines.slice(-2), [
      'rm --force ROOT/.cache/deploy/systemd.tar',
      `rm --recursive --force ${FOLDER}`,
    ]);
  });

  it('goes back to the release before the one that runs', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([
      runs('old'),
      keeps('gone-wrong', 'old', 'older', 'first'),
      { when: unit('start', 'older'), serves: 'older' },
      ACTIVE,
    ]);
    assert.equal(await scene.rollBack(), '');
    const changes = scene.lines.filter((line) => /^systemctl (start|stop|enable|disable)/.test(line));
    assert.deepEqual(changes, [
      unit('start', 'older'),
      unit('stop', 'old'),
      unit('enable', 'older'),
      unit('disable', 'old'),
    ]);
  });

  it('does not guess which of two instances serves, and says when there is no earlier release', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([runs('old', 'new')]);
    assert.match(await scene.deploy(), /old and new run at the same time/);
    scene.answer([runs('old'), keeps('old')]);
    assert.match(await scene.rollBack(), /no earlier release to go back to in \/opt\/gatehouse\/releases/);
  });
});
