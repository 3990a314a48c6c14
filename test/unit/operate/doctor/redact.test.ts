import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import fc from 'fast-check';
import { listSettings } from '#config';
import type { Check } from '../../../../operate/doctor/check.ts';
import { createContext } from '../../../../operate/doctor/context.ts';
import { loadLeniently } from '../../../../operate/doctor/load-leniently.ts';
import { paintFor, printReport } from '../../../../operate/doctor/print.ts';
import { createRedact } from '../../../../operate/doctor/redact.ts';
import { checks } from '../../../../operate/doctor/registry.ts';
import { exitCodeOf, makeReport } from '../../../../operate/doctor/report.ts';
import { runChecks } from '../../../../operate/doctor/run-checks.ts';
import { anyText } from '../../../support/any-text.ts';
import { look, textOf } from '../../../support/operate/doctor/look.ts';

const SEED = 20_261_128;

describe('doctor, before it shows anything', () => {
  const redact = createRedact([], {
    API_KEYS: 'first-key-of-the-kit-000,second-key-of-the-kit-00',
    DATABASE_URL: 'postgres://kit:p%40ssword-77@db.internal:5432/kit',
    STRIPE_TOKEN: 'sk_live_51H',
    PATH: '/usr/bin',
  });

  it('takes out keys, each of a list, tokens of others, and the password of a URL in both spellings', () => {
    for (const secret of [
      'first-key-of-the-kit-000',
      'second-key-of-the-kit-00',
      'sk_live_51H',
      'p%40ssword-77',
      'p@ssword-77',
      'postgres://kit:p%40ssword-77@db.internal:5432/kit',
    ]) {
      assert.equal(redact(`it said ${secret}!`).includes(secret), false, secret);
    }
    assert.equal(redact('found at /usr/bin'), 'found at /usr/bin');
  });

  it('takes out phone numbers, chats, homes, users of URLs and keys in queries', () => {
    for (const [text, shown] of [
      ['to 15551234567@c.us', 'to [chat]'],
      ['true_15551234567@c.us_3EB0AA', 'true_[chat]_3EB0AA'],
      ['in 120363-1551@g.us', 'in [chat]'],
      ['call +1 (555) 123-4567 now', 'call [phone] now'],
      ['number 15551234567', 'number [number]'],
      ['own_15551234567_x', 'own_[number]_x'],
      ['3EB0123456789012345678', '3EB0123456789012345678'],
      ['/home/anna/kit/data', '~/kit/data'],
      ['(/Users/anna/kit)', '(~/kit)'],
      [`${homedir()}/kit`, '~/kit'],
      ['http://anna:geheim@host/x?key=abc&b=1', 'http://[secret]@host/x?key=[secret]&b=1'],
      ['a\u001b[31mred\u0007', 'a [31mred '],
    ] as const)
      assert.equal(redact(text), shown);
  });

  it('leaves ports, times, sizes and pids', () => {
    const text = 'pid 12345 on 8080 since 2026-11-28T12:00:00.000Z, 2048 MB, 30000 ms, 127.0.0.1';
    assert.equal(redact(text), text);
  });
});

describe('doctor, in any environment', () => {
  const names = listSettings().map(({ setting }) => setting.env);
  const secrets = ['API_KEYS', 'INTERNAL_SECRET', 'DATABASE_URL', 'API_KEY', 'MY_TOKEN'];
  /** What asks the network or starts programs is tried elsewhere, and would make this slow. */
  const quick = checks.filter(
    ({ id }) => !['browser-starts', 'whatsapp-reached', 'clock', 'database'].includes(id),
  );

  it(`never throws, never shows a secret, and ends with 0, 1 or 2 (seed ${SEED})`, async () => {
    const value = fc.oneof(
      fc.string({ maxLength: 40 }),
      anyText({ maxLength: 20 }),
      fc.constantFrom(
        '0',
        '8080',
        '80x',
        '/',
        '/proc',
        'real',
        'nginx',
        'postgres://a:b@c/d',
        'kubernetes',
        '::',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }),
        fc.constantFrom(...secrets),
        fc.stringMatching(/^[A-Za-z0-9+/=_-]{24,48}$/),
        async (variables, secretName, secret) => {
          const shape =
            secretName === 'DATABASE_URL'
              ? `postgres://kit:${encodeURIComponent(secret)}@127.0.0.1:9/kit`
              : secret;
          const env = { ...variables, DATA_DIR: '/nowhere', WHATSAPP: 'sandbox', [secretName]: shape };
          const context = createContext({ settings: {}, env, folder: '/nowhere' });
          const redact = createRedact([context.config, context.intended.config], env);
          const rows = await runChecks(quick, context, redact);
          const report = makeReport({ target: 'this machine', node: '24', profile: 'local' }, rows);
          const text = printReport(report, paintFor(false)) + JSON.stringify(report);
          assert.ok(!text.includes(secret) && !text.includes(encodeURIComponent(secret)), text);
          assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f]/);
          assert.ok([0, 1, 2].includes(report.exit_code));
        },
      ),
      { seed: SEED, numRuns: 8 },
    );
  });

  it('goes on without what is wrong in the configuration, and tells all of it', () => {
    const { loaded, problems } = loadLeniently(
      {},
      { PORT: '0', API_PORT: '9003', WHATSAPP_BRIGE_PORT: '9' },
      '/nowhere',
    );
    assert.equal(loaded.config.ports.api, 9_003);
    assert.equal(problems.length, 2);
    const hopeless = loadLeniently({ GATEHOUSE_PROFILE: 'docker' }, {}, '/nowhere');
    assert.match(hopeless.problems.join(), /API_KEYS/);
  });

  it('shows no value of a variable whose name is a slip away from that of the keys', async () => {
    const configuration = checks.find(({ id }) => id === 'configuration');
    assert.ok(configuration !== undefined);
    const row = await look(configuration, { env: { WHATSAPP_BRIGE_PORT: 'abc', API_KEYSS: 'q'.repeat(30) } });
    assert.equal(row.severity, 'error');
    assert.match(
      textOf(row),
      /WHATSAPP_BRIGE_PORT is set, but nothing reads it: did you mean WHATSAPP_BRIDGE_PORT/,
    );
    assert.ok(!textOf(row).includes('qqqq'));
  });
});

describe('doctor, where the services have hosts of their own', () => {
  it('asks of a pod only what runs there', async () => {
    const env = {
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      API_KEYS: 'k9f86d081884c7d659a2feaa',
      INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad01',
      DATA_DIR: '/nowhere',
    };
    for (const id of ['browser-starts', 'shared-memory', 'profile-lock', 'public-address']) {
      const check = checks.find((candidate) => candidate.id === id);
      assert.ok(check !== undefined);
      assert.equal((await look(check, { env })).severity, 'skipped', id);
    }
  });
});

describe('doctor, with a check that fails', () => {
  const check: Check = {
    id: 'x',
    title: 'X',
    group: 'Machine',
    where: 'both',
    finds: 'x',
    deadlineMs: 50,
    run: () => {
      throw new Error('broken by +1 555 123 4567');
    },
  };

  it('makes it a row, and goes on', async () => {
    const thrown = await look(check);
    assert.equal(thrown.severity, 'unknown');
    assert.equal(textOf(thrown).trim(), 'could not look: broken by [phone]');
    const rejected = await look({ ...check, run: () => Promise.reject(new Error('no')) });
    assert.equal(rejected.severity, 'unknown');
  });

  it('gives up on it after its deadline', async () => {
    const row = await look({ ...check, run: () => new Promise(() => undefined) });
    assert.match(textOf(row), /could not look: it took longer than 50 ms/);
  });

  it('ends with 1 for what could not be looked at and for warnings, with 2 for errors', () => {
    assert.equal(exitCodeOf([{ severity: 'good' }, { severity: 'note' }, { severity: 'skipped' }]), 0);
    assert.equal(exitCodeOf([{ severity: 'good' }, { severity: 'unknown' }]), 1);
    assert.equal(exitCodeOf([{ severity: 'warning' }]), 1);
    assert.equal(exitCodeOf([{ severity: 'warning' }, { severity: 'error' }]), 2);
  });
});
