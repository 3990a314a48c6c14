import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KitError } from '../../../services/contract/errors.ts';
import { apiKeyCheck } from '../../../services/runtime/http/api-keys.ts';
import { FailedAttempts } from '../../../services/runtime/http/failed-attempts.ts';

const KEY = 'key-9f86d081884c7d659a2feaa0c55ad015';

describe('clients that show wrong API keys', () => {
  let nowMs: number;
  let failures: FailedAttempts;
  beforeEach(() => {
    nowMs = 0;
    failures = new FailedAttempts(undefined, () => nowMs);
  });
  const check = apiKeyCheck([KEY]);
  const ask = (client: string, key?: string): string => {
    try {
      failures.guard(client, () => check(key === undefined ? {} : { 'x-api-key': key }));
      return 'passes';
    } catch (error) {
      return error instanceof KitError ? error.code : String(error);
    }
  };
  const failTimes = (count: number, client: string) =>
    Array.from({ length: count }, () => ask(client, 'a wrong one'));

  it('are slowed from the eleventh failure on, and no longer than a minute', () => {
    assert.deepEqual(new Set(failTimes(10, '192.0.2.1')), new Set(['key_invalid']));
    assert.equal(ask('192.0.2.1', 'a wrong one'), 'too_many_failures');
    assert.equal(ask('192.0.2.1'), 'too_many_failures');
    nowMs = 59_999;
    assert.equal(ask('192.0.2.1'), 'too_many_failures');
    nowMs = 60_000;
    assert.equal(ask('192.0.2.1'), 'key_missing');
  });

  it('pass with a valid key at any time, and it forgives nothing', () => {
    failTimes(20, '192.0.2.1');
    assert.equal(ask('192.0.2.1', KEY), 'passes');
    assert.equal(ask('192.0.2.1', 'a wrong one'), 'too_many_failures');
  });

  it('do not slow others, whose requests with a valid key are no failures', () => {
    failTimes(20, '192.0.2.1');
    assert.equal(ask('192.0.2.2', 'a wrong one'), 'key_invalid');
    for (let count = 0; count < 100; count += 1) assert.equal(ask('192.0.2.3', KEY), 'passes');
    assert.equal(ask('192.0.2.3'), 'key_missing');
  });

  it('are not those without a key, however often they come: a browser asks for the password then', () => {
    for (let count = 0; count < 100; count += 1) assert.equal(ask('192.0.2.1'), 'key_missing');
    assert.deepEqual(new Set(failTimes(10, '192.0.2.1')), new Set(['key_invalid']));
    assert.equal(ask('192.0.2.1'), 'too_many_failures');
    assert.ok(failures.size <= 1);
  });

  it('are one client within a /64 of IPv6', () => {
    for (let count = 0; count < 10; count += 1) ask(`2001:db8:1:2::${count.toString(16)}`, 'a wrong one');
    assert.equal(ask('2001:db8:1:2:ffff::1'), 'too_many_failures');
    assert.equal(ask('2001:db8:1:3::1'), 'key_missing');
  });

  it('do not count a page of another site, which has a key that it may not use', () => {
    const foreign = {
      authorization: `Basic ${Buffer.from(`:${KEY}`).toString('base64')}`,
      origin: 'https://evil.example',
      host: 'kit.example',
    };
    for (let count = 0; count < 20; count += 1)
      assert.throws(() => failures.guard('192.0.2.1', () => check(foreign)), { code: 'origin_refused' });
  });

  it('take bounded memory whatever the number of addresses, and the greedy one is remembered among many', () => {
    for (let count = 0; count < 40_000; count += 1) {
      ask(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`, 'a wrong one');
      if (count % 1_000 === 0) ask('192.0.2.1', 'a wrong one');
    }
    assert.ok(failures.size <= 2 * 8_192, String(failures.size));
    assert.equal(ask('192.0.2.1'), 'too_many_failures');
  });

  it('are never kept out with a valid key, whatever comes before it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('192.0.2.1', '2001:db8::1'), fc.nat(2_000), fc.nat(9)), {
          minLength: 20,
          maxLength: 80,
        }),
        (asks) => {
          for (const [client, waitMs, kind] of asks) {
            nowMs += waitMs;
            const code = ask(client, kind === 0 ? KEY : 'a wrong one');
            if (kind === 0) assert.equal(code, 'passes');
          }
        },
      ),
    );
  });
});
