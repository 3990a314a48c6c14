import assert from 'node:assert/strict';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const releases = (...images: [string, string][]) =>
  JSON.stringify(images.map(([ImageRef, Status], index) => ({ ImageRef, Status, Version: 90 - index })));
const THERE = { when: 'fly apps list*', says: '[{"Name":"other"},{"Name":"gatehouse"}]' };
const RELEASES = {
  when: 'fly releases*',
  says: releases(
    ['registry.fly.io/gatehouse:bad', 'failed'],
    ['registry.fly.io/gatehouse:old', 'complete'],
    ['registry.fly.io/gatehouse:old', 'complete'],
    ['registry.fly.io/gatehouse:older', 'complete'],
  ),
};
const SERVE_NEW = { when: 'fly deploy*--image registry.fly.io/gatehouse:new*', serves: 'new' };
const SERVE_OLD = { when: 'fly deploy*--image registry.fly.io/gatehouse:old *', serves: 'old' };
const LOOKS = [
  'fly secrets list --app gatehouse --json',
  'fly apps list --json',
  'fly releases --app gatehouse --image --json',
];
const IMPORT = 'fly secrets import --stage --app gatehouse';
const BUILD = 'fly deploy --app gatehouse --build-only --push --image-label new --build-arg RELEASE=new';
const deployed = (release: string) =>
  `fly deploy --app gatehouse --image registry.fly.io/gatehouse:${release} --ha=false --yes --env RELEASE=${release}`;

describe('make deploy TARGET=fly', () => {
  it('makes the app at first, hands secrets over by standard input, builds, deploys and waits', async () => {
    using scene = createScene({ target: 'fly', programs: ['fly'] });
    scene.answer([{ when: 'fly apps list*', says: '[]' }, SERVE_NEW]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines, [
      ...LOOKS.slice(0, 2),
      'fly apps create gatehouse --yes',
      IMPORT,
      BUILD,
      deployed('new'),
    ]);
    assert.equal(scene.programs.calls.find(({ line }) => line === IMPORT)?.input, `API_KEYS="${KEY}"\n`);
    assert.ok(!scene.lines.join('\n').includes(KEY));
    assert.ok(!scene.told.includes(KEY), scene.told);
  });

  it('needs no secret again that Fly has', async () => {
    using scene = createScene({ target: 'fly', programs: ['fly'], env: {}, serving: 'old' });
    scene.answer([{ when: 'fly secrets list*', says: '[{"name":"API_KEYS"}]' }, THERE, RELEASES, SERVE_NEW]);
    assert.equal(await scene.deploy(), '');
    assert.deepEqual(scene.lines, [...LOOKS, BUILD, deployed('new')]);
  });

  it('leaves the old one alone when the build fails', async () => {
    using scene = createScene({ target: 'fly', programs: ['fly'], serving: 'old' });
    scene.answer([THERE, RELEASES, { when: 'fly deploy*--build-only*', fails: 3 }]);
    const fault = await scene.deploy();
    assert.match(fault, /"build the image, at Fly" failed: it ended with exit code 3/);
    assert.match(fault, /old was not touched, and serves on/);
    assert.deepEqual(scene.lines, [...LOOKS, IMPORT, BUILD]);
  });

  it('deploys the old image again when the new one cannot be', async () => {
    using scene = createScene({ target: 'fly', programs: ['fly'], serving: 'old' });
    scene.answer([THERE, RELEASES, { ...SERVE_NEW, serves: 'sick', fails: 1 }, SERVE_OLD]);
    assert.match(await scene.deploy(), /failed: it ended with exit code 1[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(-2), [deployed('new'), deployed('old')]);
  });

  it('deploys the old image again when the new one is not fit to be seen from outside', async () => {
    using scene = createScene({
      target: 'fly',
      programs: ['fly'],
      serving: 'old',
      release: 'leaky',
    });
    const deploysLeaky = 'fly deploy*--image registry.fly.io/gatehouse:leaky*';
    scene.answer([THERE, RELEASES, { when: deploysLeaky, serves: 'leaky' }, SERVE_OLD]);
    assert.match(await scene.deploy(), /it fails when looked at from outside[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(-2), [deployed('leaky'), deployed('old')]);
  });

  it('goes back to the image before, also past a failed release and one of the same image', async () => {
    using scene = createScene({ target: 'fly', programs: ['fly'], serving: 'old' });
    scene.answer([RELEASES, { when: 'fly deploy*:older*', serves: 'older' }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(1), [LOOKS[2], deployed('older')]);
  });

  it('says so when there is nothing to go back to', async () => {
    using scene = createScene({ target: 'fly', programs: ['fly'] });
    scene.answer([{ when: 'fly releases*', says: releases(['registry.fly.io/gatehouse:a', 'complete']) }]);
    assert.match(await scene.rollBack(), /Fly knows no release of gatehouse before the one that runs/);
  });

  it('does not stumble over an answer that is none', async () => {
    for (const says of ['<html>', '{"Name":3}', '[{"Name":null}]', '[']) {
      using scene = createScene({ target: 'fly', programs: ['fly'] });
      scene.answer([{ when: 'fly apps list*', says }]);
      assert.match(await scene.deploy(), /the answer of "fly apps list" is (no JSON|not understood)/, says);
      assert.deepEqual(scene.lines, LOOKS.slice(0, 2));
    }
  });
});
