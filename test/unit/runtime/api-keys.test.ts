import assert from 'node:assert/strict';
import { KitError } from '../../../services/contract/errors.ts';
import { apiKeyCheck } from '../../../services/runtime/http/api-keys.ts';

const keys = ['first-key-of-twenty-four-chars', 'second-key-of-twenty-four-char'];
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const codeOf = (headers: Record<string, string>) => {
  try {
    apiKeyCheck(keys)(headers);
    return 'passes';
  } catch (error) {
    return error instanceof KitError ? error.code : error;
  }
};

describe('API keys', () => {
  const cases: [Record<string, string>, string][] = [
    [{ authorization: `Bearer ${keys[0]}` }, 'passes'],
    [{ authorization: `bearer ${keys[1]}` }, 'passes'],
    [{ 'x-api-key': keys[1] ?? '' }, 'passes'],
    [{ authorization: basic(`anyone:${keys[0]}`) }, 'passes'],
    [{ authorization: basic(`:${keys[0]}`), host: 'kit.example', origin: 'https://kit.example' }, 'passes'],
    [
      { authorization: basic(`:${keys[0]}`), host: 'kit.example', origin: 'https://evil.example' },
      'origin_refused',
    ],
    [{ authorization: basic(`:${keys[0]}`), host: 'kit.example', origin: 'null' }, 'origin_refused'],
    [{ authorization: `Bearer ${keys[0]}`, host: 'kit.example', origin: 'https://app.example' }, 'passes'],
    [{}, 'key_missing'],
    [{ authorization: 'Bearer' }, 'key_missing'],
    [{ authorization: 'Bearer ' }, 'key_missing'],
    [{ authorization: `Digest ${keys[0]}` }, 'key_missing'],
    [{ authorization: basic('no colon') }, 'key_missing'],
    [{ 'x-api-key': '' }, 'key_missing'],
    [{ authorization: `Bearer ${keys[0]}x` }, 'key_invalid'],
    [{ 'x-api-key': `${keys[0]},${keys[1]}` }, 'key_invalid'],
  ];
  for (const [headers, expected] of cases)
    it(`${JSON.stringify(headers)}: ${expected}`, () => assert.equal(codeOf(headers), expected));

  it('let everyone pass where there are none', () => apiKeyCheck([])({}));
});
