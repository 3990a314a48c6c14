import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { maskSecrets, maskValues } from '../../../services/runtime/mask-secrets.ts';

describe('maskSecrets', () => {
  for (const [target, shown] of [
    ['/api?token=a&x=1&API_KEY=b', '/api?token=[secret]&x=1&API_KEY=[secret]'],
    ['/api?monkey=1', '/api?monkey=1'],
    ['http://user:pass@h/api', 'http://[secret]@h/api'],
    ['/api?x-api-key=a', '/api?x-api-key=[secret]'],
    ['/api?X%2DApi%2dKey=a&b=1', '/api?X%2DApi%2dKey=[secret]&b=1'],
    ['/api?%61pi_key=a', '/api?%61pi_key=[secret]'],
    ['/api?api%255Fkey=a', '/api?api%255Fkey=[secret]'],
    ['/api?token%3Da&b=1', '/api?[secret]&b=1'],
    ['/api?next=https%3A%2F%2Fh%2F%3Faccess_token%3Da&b=1', '/api?next=[secret]&b=1'],
    ['/api;token=a/b?c=1', '/api;token=[secret]?c=1'],
    ['/page#access_token=a', '/page#access_token=[secret]'],
    ['/api?after=5&types=message&limit=%35', '/api?after=5&types=message&limit=%35'],
    ['/api?q=100%25&key', '/api?q=100%25&key'],
    [
      'GET "/a?key=b HTTP/1.1", referrer: "https://u:p@h/?Client-Secret=d", host: "h"',
      'GET "/a?key=[secret] HTTP/1.1", referrer: "https://[secret]@h/?Client-Secret=[secret]", host: "h"',
    ],
  ] as const) {
    it(`shows ${target} as ${shown}`, () => {
      assert.equal(maskSecrets(target), shown);
      assert.equal(maskSecrets(target), shown, 'a second time');
    });
  }
});

describe('maskValues', () => {
  const key = randomBytes(24).toString('base64');
  const mask = maskValues([key, 'odd/"\\+=(key)$-that-is-long']);

  it('takes a known key out of any place of a line, in any mixture of percent-encodings', () => {
    const encoded = (character: string, times: number): string => {
      let text = character;
      for (let count = 0; count < times; count += 1)
        text =
          count === 0 ? `%${text.charCodeAt(0).toString(16).padStart(2, '0')}` : text.replace('%', '%25');
      return text;
    };
    fc.assert(
      fc.property(
        fc.constantFrom(key, 'odd/"\\+=(key)$-that-is-long'),
        fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }),
        fc.boolean(),
        (secret, times, isUpper) => {
          const written = [...secret].map((character, index) => encoded(character, times[index] ?? 0));
          const text = written
            .map((part) => (isUpper && part.startsWith('%') ? part.toUpperCase() : part))
            .join('');
          assert.equal(mask(`/api/${text}/x`), '/api/[secret]/x');
        },
      ),
    );
  });

  it('finds it as JSON writes it', () => {
    const line = JSON.stringify({ path: '/odd/"\\+=(key)$-that-is-long', status: 404 });
    assert.deepEqual(JSON.parse(mask(line)), { path: '/[secret]', status: 404 });
  });

  it('changes nothing else, and nothing at all without a value', () => {
    assert.equal(mask(`/api/${key.slice(1)}`), `/api/${key.slice(1)}`);
    assert.equal(maskValues([])('/api'), '/api');
    assert.equal(maskValues([''])('/api'), '/api');
  });
});
