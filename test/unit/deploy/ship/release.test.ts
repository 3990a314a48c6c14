import assert from 'node:assert/strict';
import { isReleaseName, nameRelease, tagOf } from '../../../../deploy/shipping/release.ts';
import { ScriptedPrograms } from '../../../support/deploy/ship/scripted-programs.ts';

const NOW = new Date('2026-11-28T10:45:01Z');

describe('name of a release', () => {
  const nameBy = (programs: ScriptedPrograms) =>
    nameRelease({ run: programs.run, folder: '/', environment: {} }, NOW);

  it('can be a tag, an instance and a label, and nothing that a program could take for something else', () => {
    for (const good of ['r1', '1.2.3', '20261128-104500-1a2b3c4-changed', '_x'])
      assert.ok(isReleaseName(good), good);
    for (const bad of ['', '-x', '.x', 'a b', 'a/b', 'a\n', '$(id)', 'x'.repeat(65), 'ä'])
      assert.ok(!isReleaseName(bad), bad);
  });

  it('is the time where there is no git', async () => {
    assert.equal(await nameBy(new ScriptedPrograms([])), '20261128-104501');
    const outsideOfCheckout = new ScriptedPrograms(['git']);
    outsideOfCheckout.answer([{ when: 'git rev-parse*', fails: 128 }]);
    assert.equal(await nameBy(outsideOfCheckout), '20261128-104501');
    assert.ok(isReleaseName('20261128-104501'));
  });

  it('ends in the commit, and says whether the checkout differs from it', async () => {
    const git = new ScriptedPrograms(['git']);
    const commit = { when: 'git rev-parse*', says: '1a2b3c4\n' };
    git.answer([commit]);
    assert.equal(await nameBy(git), '20261128-104501-1a2b3c4');
    git.answer([commit, { when: 'git status*', says: ' M Makefile\n' }]);
    assert.equal(await nameBy(git), '20261128-104501-1a2b3c4-changed');
  });

  it('is that of an image that has one', () => {
    for (const image of ['registry.example:5000/kit:v3', 'kit:v3@sha256:0a1b'])
      assert.equal(tagOf(image), 'v3');
    for (const image of ['registry.example:5000/kit', 'kit:latest', 'kit@sha256:0a1b', undefined])
      assert.equal(tagOf(image), undefined, image);
  });
});
