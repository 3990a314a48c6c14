import assert from 'node:assert/strict';
import { railwayTarget } from '../../../../deploy/railway/ship.ts';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const PROGRAMS = { target: 'railway', programs: ['railway'] } as const;
const SERVICE = '--service gatehouse';
const VARIABLES = `railway variable list --json ${SERVICE}`;
const LIST = `railway deployment list --limit 50 --json ${SERVICE}`;
const APPLY = 'railway config apply --yes';
const NAME_NEW = `railway variable set RELEASE=new --skip-deploys ${SERVICE}`;
const UP = `railway up --ci ${SERVICE}`;
const rollBackTo = (id: string) =>
  `railway api mutation deploymentRollback($id: String!) { deploymentRollback(id: $id) } --raw-var id=${id} --compact`;
const known = { API_KEYS: KEY, RELEASE: 'old', RAILWAY_PUBLIC_DOMAIN: 'kit.up.railway.app' };
const THERE = [
  { when: 'railway variable list*', says: JSON.stringify(known) },
  {
    when: 'railway deployment list*',
    says: JSON.stringify([
      { id: 'd-bad', status: 'FAILED' },
      { id: 'd-old', status: 'SUCCESS' },
      { id: 'd-older', status: 'REMOVED' },
    ]),
  },
];

describe('make deploy TARGET=railway', () => {
  it('applies the file, hands the secret over by standard input, gets a domain and uploads', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([
      { when: 'railway variable list*', fails: 1 },
      { when: 'railway up*', serves: 'new' },
    ]);
    assert.equal(await scene.deploy(), '');
    const secret = `railway variable set API_KEYS --stdin --skip-deploys ${SERVICE}`;
    assert.deepEqual(scene.lines, [
      VARIABLES,
      VARIABLES,
      APPLY,
      secret,
      `railway domain --port 8080 ${SERVICE} --json`,
      NAME_NEW,
      UP,
    ]);
    assert.equal(scene.programs.calls.find(({ line }) => line === secret)?.input, KEY);
    assert.ok(!scene.told.includes(KEY), scene.told);
  });

  it('sets only what has changed, and names the release before it uploads', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: 'railway up*', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines, [VARIABLES, VARIABLES, LIST, APPLY, NAME_NEW, UP]);
  });

  it('replaces nothing when the build fails, and takes the name back', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: 'railway up*', fails: 1 }]);
    assert.match(await scene.deploy(), /failed: it ended with exit code 1[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(-3), [
      NAME_NEW,
      UP,
      `railway variable set RELEASE=old --skip-deploys ${SERVICE}`,
    ]);
  });

  it('rolls back by the API when the new one does not stand, before it takes the name back', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old', release: 'leaky' });
    scene.answer([
      ...THERE,
      { when: 'railway up*', serves: 'leaky' },
      { when: 'railway api*', serves: 'old' },
    ]);
    assert.match(await scene.deploy(), /it fails when looked at from outside[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(-2), [
      rollBackTo('d-old'),
      `railway variable set RELEASE=old --skip-deploys ${SERVICE}`,
    ]);
  });

  it('goes back to the deployment before', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: 'railway api*', serves: 'older' }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(-2), [LIST, rollBackTo('d-older')]);
  });

  it('wants a command line that reads its file', () => {
    const judge = (stdout: string) =>
      railwayTarget.prerequisites[0]?.judge?.({ code: 0, stdout, output: stdout });
    for (const good of ['railway 5.42.1\n', 'railway 5.51.0', 'railway 6.0.0'])
      assert.equal(judge(good), undefined);
    for (const bad of ['railway 5.42.0', 'railway 4.61.9', 'railwayapp', ''])
      assert.match(judge(bad) ?? '', /needed/);
  });
});
