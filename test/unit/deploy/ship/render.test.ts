import assert from 'node:assert/strict';
import { createScene } from '../../../support/deploy/ship/scene.ts';

const PROGRAMS = { target: 'render', programs: ['render', 'git'] } as const;
const [NEW, OLD, OLDER] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)];
const deploys = (...rows: [string, string][]) =>
  JSON.stringify(rows.map(([id, status]) => ({ deploy: { id: `dep-${id}`, status, commit: { id } } })));
const THERE = [
  { when: 'render services*', says: JSON.stringify([{ service: { id: 'srv-1', name: 'gatehouse' } }]) },
  { when: 'git rev-parse*', says: `${NEW}\n` },
  {
    when: 'render deploys list*',
    says: deploys(
      ['f'.repeat(40), 'build_failed'],
      [OLD, 'live'],
      [OLD, 'deactivated'],
      [OLDER, 'deactivated'],
    ),
  },
];
const deployed = (commit: string) =>
  `render deploys create srv-1 --commit ${commit} --wait --confirm --output json`;

describe('make deploy TARGET=render', () => {
  it('lets Render build the commit, and waits for it by its name', async () => {
    using scene = createScene({ ...PROGRAMS, serving: OLD });
    scene.answer([...THERE, { when: `render deploys create*${NEW}*`, serves: NEW }]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines, [
      'render services --output json',
      'git rev-parse HEAD',
      'render deploys list srv-1 --output json',
      deployed(NEW),
    ]);
  });

  it('deploys the commit before when Render says that it failed', async () => {
    using scene = createScene({ ...PROGRAMS, serving: OLD });
    scene.answer([...THERE, { when: `render deploys create*${NEW}*`, fails: 1 }]);
    assert.match(await scene.deploy(), new RegExp(`exit code 1[\\s\\S]*${OLD} serves again`));
    assert.deepEqual(scene.lines.slice(-2), [deployed(NEW), deployed(OLD)]);
  });

  it('goes back to the commit before', async () => {
    using scene = createScene({ ...PROGRAMS, serving: OLD });
    scene.answer([...THERE, { when: `render deploys create*${OLDER}*`, serves: OLDER }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(-1), [deployed(OLDER)]);
  });

  it('tells how to make the service, and where variables and an end belong', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([{ when: 'render services*', says: '[]' }]);
    assert.match(await scene.deploy(), /Render has no service gatehouse .* make it once, from render.yaml/);
    using other = createScene({
      ...PROGRAMS,
      env: { WHATSAPP: 'sandbox', SANDBOX_ALLOWED: 'true' },
    });
    assert.match(await other.deploy(), /put .*WHATSAPP.* into config\/deployment.ts/);
    const ask = () => Promise.reject(new Error('nothing is asked'));
    await assert.rejects(scene.target.destroy(await scene.settle(), ask), /suspend or delete gatehouse/);
  });
});
