import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ConfigError, loadConfig } from '#config';
import { isWeakSecret } from '../../../config/keys/weak-secrets.ts';

const WEAK = [
  'a'.repeat(24),
  'ab'.repeat(12),
  'abcabcabcabcabcabcabcabca',
  '123456789012345678901234',
  'abcdefghijklmnopqrstuvwxyz',
  'zyxwvutsrqponmlkjihgfedcba',
  '0123456789abcdefghijklmn',
  '!"#$%&\'()*+-./0123456789:;<=',
  'passwordpasswordpassword',
  'MyPassword-of-2026-for-api',
  'your-api-key-goes-here-1234',
  'change-me-before-production',
  'a-long-example-key-of-docs',
  'qwertyuiopasdfghjklzxcvbnm',
];

describe('secrets that can be guessed', () => {
  for (const text of WEAK) it(`are known: ${text}`, () => assert.ok(isWeakSecret(text)));

  it('are not found among random ones, in hex and base64, of any length that a key may have', () => {
    for (let count = 0; count < 20_000; count += 1)
      for (const [length, encoding] of [
        [12, 'hex'],
        [24, 'hex'],
        [18, 'base64'],
        [32, 'base64url'],
      ] as const) {
        const key = randomBytes(length).toString(encoding);
        assert.ok(!isWeakSecret(key), key);
      }
  });

  it('are found however often a short pattern repeats, and wherever it is cut off', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 12 }), fc.nat(11), (pattern, cut) => {
        const whole = pattern.repeat(Math.ceil(24 / pattern.length) + 2);
        assert.ok(isWeakSecret(whole.slice(0, Math.max(24, whole.length - cut))));
      }),
    );
  });
});

describe('config, of keys that can be guessed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-weak-'));
  after(() => rmSync(folder, { recursive: true }));
  const problemsOf = (env: Record<string, string>): readonly string[] => {
    try {
      loadConfig({ env, folder });
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  };
  const STRONG = randomBytes(24).toString('hex');

  for (const profile of ['docker', 'railway', 'render', 'fly', 'heroku', 'cloudrun'])
    it(`are refused where the gate binds more than loopback: ${profile}`, () => {
      const env = { GATEHOUSE_PROFILE: profile };
      assert.deepEqual(problemsOf({ ...env, API_KEYS: STRONG }), []);
      const [problem, ...others] = problemsOf({ ...env, API_KEYS: `${STRONG},${'ab'.repeat(12)}` });
      assert.match(
        problem ?? '',
        /^API_KEYS \(apiKeys\) is \[secret\]: must not hold a key that can be guessed.*openssl rand -hex 24$/,
      );
      assert.deepEqual(others, []);
    });

  it('are refused as the secret among the services, too', () => {
    const env = { GATEHOUSE_PROFILE: 'kubernetes', API_KEYS: STRONG };
    assert.deepEqual(problemsOf({ ...env, INTERNAL_SECRET: randomBytes(32).toString('hex') }), []);
    assert.match(
      problemsOf({ ...env, INTERNAL_SECRET: 'x'.repeat(64) }).join('\n'),
      /^INTERNAL_SECRET .* must not hold a secret that can be guessed.*openssl rand -hex 32$/,
    );
  });

  it('are taken on a machine of one’s own, which nobody else can call', () => {
    assert.deepEqual(problemsOf({ API_KEYS: 'a'.repeat(24) }), []);
    assert.equal(problemsOf({ API_KEYS: 'a'.repeat(24), GATE_HOST: '0.0.0.0' }).length, 1);
  });
});
