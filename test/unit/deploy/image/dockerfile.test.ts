import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';

const text = readFileSync(new URL('../../../../Dockerfile', import.meta.url), 'utf8');

describe('Dockerfile', () => {
  it('has nothing that its linter finds fault with', () => {
    assert.deepEqual(validate(text), []);
    assert.equal(validate(text.replace('WORKDIR /app', 'WORKDIR app')).length > 0, true);
  });

  it('builds without a frontend, a cache mount or a volume: what some builder refuses', () => {
    for (const refused of [/^#\s*syntax=/m, /--mount=/, /^VOLUME\b/m]) assert.doesNotMatch(text, refused);
  });

  it('ends with the stage that is shipped when none is named', () => {
    assert.equal([...text.matchAll(/^FROM .* AS (\w+)$/gm)].at(-1)?.[1], 'kit');
  });
});
