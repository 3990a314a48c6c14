import assert from 'node:assert/strict';
import { maskSecrets } from '../../../services/runtime/mask-secrets.ts';

describe('maskSecrets', () => {
  for (const [target, shown] of [
    ['/api?token=a&x=1&API_KEY=b', '/api?token=[secret]&x=1&API_KEY=[secret]'],
    ['/api?monkey=1', '/api?monkey=1'],
    ['http://user:pass@h/api', 'http://[secret]@h/api'],
  ] as const) {
    it(`shows ${target} as ${shown}`, () => {
      assert.equal(maskSecrets(target), shown);
    });
  }
});
