import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { BASE_IMAGE } from '../../../../deploy/shipping/docker.ts';

const text = readFileSync(new URL('../../../../Dockerfile', import.meta.url), 'utf8');

describe('Dockerfile', () => {
  it('has nothing that its linter finds fault with', () => {
    assert.deepEqual(validate(text), []);
    assert.equal(validate(text.replace('WORKDIR /app', 'WORKDIR app')).length > 0, true);
  });

  it('builds without a frontend, a cache mount or a volume: what some builder refuses', () => {
    for (const refused of [/^#\s*syntax=/m, /--mount=/, /^VOLUME\b/m]) assert.doesNotMatch(text, refused);
  });

  it('builds on the image that a deploy looks for, and names it with its packages in what is shipped', () => {
    assert.equal(/^ARG BASE=(\S+)$/m.exec(text)?.[1], BASE_IMAGE);
    for (const stage of ['slim', 'whole']) {
      const lines = text.split(new RegExp(`^FROM \\w+ AS ${stage}$`, 'm'))[1]?.split(/^FROM /m)[0] ?? '';
      assert.match(
        lines,
        /^ARG BASE\n[\s\S]*^LABEL org\.opencontainers\.image\.base\.name=\$\{BASE\}$/m,
        stage,
      );
    }
    const installs = text.match(/apt-get install[\s\S]*?(?=\n\n|\nFROM|\nWORKDIR)/g) ?? [];
    const recorded = installs.filter((each) =>
      each.includes('dpkg-query --show >/usr/share/gatehouse/packages'),
    );
    assert.deepEqual(
      [installs.length, recorded.length],
      [3, 2],
      'of the port alone only two static files are shipped',
    );
  });

  it('ends with the stage that is shipped when none is named', () => {
    assert.equal([...text.matchAll(/^FROM .* AS (\w+)$/gm)].at(-1)?.[1], 'kit');
  });
});
