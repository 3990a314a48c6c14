import assert from 'node:assert/strict';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const PROGRAMS = { target: 'heroku', programs: ['heroku', 'docker'] } as const;
const APP = '--app gatehouse';
const INFO = `heroku apps:info ${APP} --json`;
const CONFIG = `heroku config --json ${APP}`;
const RELEASES = `heroku releases --json --num 50 ${APP}`;
const PUSH = [
  'heroku container:login',
  `heroku container:push web ${APP} --arg RELEASE=new`,
  `heroku container:release web ${APP}`,
];
const set = {
  PGSSLMODE: 'no-verify',
  DATA_DIR: '/tmp/gatehouse',
  API_KEYS: KEY,
  DATABASE_URL: 'postgres://x',
};
const history = JSON.stringify([
  { version: 12, status: 'succeeded', description: 'Set API_KEYS config vars' },
  { version: 11, status: 'failed', description: 'Deployed web (bad)' },
  { version: 10, status: 'succeeded', description: 'Deployed web (1a2b)' },
  { version: 7, status: 'succeeded', description: 'Rollback to v3' },
]);
const there = (url: string, config: object = set) => [
  { when: 'heroku apps:info*', says: JSON.stringify({ app: { web_url: `${url}/` } }) },
  { when: 'heroku config --json*', says: JSON.stringify(config) },
  { when: 'heroku releases --json*', says: history },
];

describe('make deploy TARGET=heroku', () => {
  it('makes the app and its database at first, and learns from Heroku where it is reached', async () => {
    using scene = createScene({ ...PROGRAMS, asksUrl: true });
    scene.answer([
      { when: 'heroku apps:info*', fails: 1, once: true },
      { when: 'heroku config --json*', fails: 1 },
      ...there(scene.url).slice(0, 1),
      { when: 'heroku container:release*', serves: 'new' },
    ]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines, [
      CONFIG,
      INFO,
      'heroku apps:create gatehouse --stack container',
      `heroku addons:create heroku-postgresql:essential-0 --as DATABASE --wait ${APP}`,
      ...PUSH.slice(0, 2),
      `heroku config:set PGSSLMODE=no-verify DATA_DIR=/tmp/gatehouse API_KEYS=${KEY} ${APP}`,
      ...PUSH.slice(2),
      `heroku ps:scale web=1:standard-2x ${APP}`,
      INFO,
    ]);
    assert.ok(!scene.told.includes(KEY), scene.told);
  });

  it('changes no variable that is as it should be, since each change restarts the dyno', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...there(scene.url), { when: 'heroku container:release*', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines, [CONFIG, INFO, CONFIG, RELEASES, ...PUSH]);
  });

  it('rolls back to the version before when the new one does not stand', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old', release: 'leaky' });
    scene.answer([
      ...there(scene.url, { ...set, DATA_DIR: '/other' }),
      { when: 'heroku container:release*', serves: 'leaky' },
      { when: 'heroku releases:rollback*', serves: 'old' },
    ]);
    assert.match(await scene.deploy(), /it fails when looked at from outside[\s\S]*v10 serves again/);
    assert.deepEqual(scene.lines.slice(-3), [
      `heroku config:set DATA_DIR=/tmp/gatehouse ${APP}`,
      PUSH[2],
      `heroku releases:rollback v10 ${APP}`,
    ]);
  });

  it('goes back past releases that only set variables, and waits until another one answers', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...there(scene.url), { when: 'heroku ps:wait*', serves: 'older' }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(-2), [`heroku releases:rollback v7 ${APP}`, `heroku ps:wait ${APP}`]);
  });
});
