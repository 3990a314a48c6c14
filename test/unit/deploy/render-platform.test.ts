import assert from 'node:assert/strict';
import { deployment } from '#config';
import { fly } from '../../../deploy/fly/render.ts';
import { heroku } from '../../../deploy/heroku/render.ts';
import { renderPlatform } from '../../../deploy/rendering/render-platform.ts';

describe('rendering for a platform', () => {
  it('gives its files, and nothing stale, where it can run the kit', () => {
    const { files, refused, stale } = renderPlatform(heroku);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['heroku.yml', 'app.json'],
    );
    assert.deepEqual([refused, stale], [undefined, []]);
  });

  it('gives the reasons of a refusal, and the files that must not lie about', () => {
    const { files, refused, stale } = renderPlatform(heroku, { ...deployment, platforms: {} });
    assert.deepEqual([files, stale], [[], ['heroku.yml', 'app.json']]);
    assert.match(
      refused ?? '',
      /^heroku cannot run this kit as it is declared:\n {2}its disk goes with the container/,
    );
  });

  it('refuses settings that are wrong there, all at once', () => {
    const settings = { DRAIN_MS: '31000', GATE: 'apache', INTERNAL_HOST: '10.0.0.1' };
    const { refused, stale } = renderPlatform(fly, { ...deployment, settings });
    assert.deepEqual(stale, ['fly.toml']);
    assert.match(
      refused ?? '',
      /\n {2}DRAIN_MS \(stop\.drainMs\) is "31000": must be less than STOP_GRACE_MS=30000/,
    );
    assert.match(refused ?? '', /\n {2}INTERNAL_HOST /);
  });

  it('refuses a kit that would be open to anybody', () => {
    const { refused } = renderPlatform(fly, { ...deployment, secrets: [] });
    assert.match(refused ?? '', /\n {2}API_KEYS \(apiKeys\) must be set, because the gate binds 0\.0\.0\.0/);
  });

  it('does not take a fault of its own for a refusal', () => {
    const broken = {
      ...fly,
      render: () => {
        throw new TypeError('a fault');
      },
    };
    assert.throws(() => renderPlatform(broken), /a fault/);
  });
});
