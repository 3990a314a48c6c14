import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { deployment } from '#config';
import { heroku } from '../../../../deploy/heroku/render.ts';
import { herokuApp, herokuManifest } from '../../../support/deploy/platforms/schemas/heroku-files.ts';
import {
  assertObeys,
  inputFor,
  missedBy,
  reasonsOf,
  textAt,
} from '../../../support/deploy/platforms/support.ts';

const { cloudrun } = deployment.platforms;

describe('heroku.yml and app.json', () => {
  const rendered = (changes = {}) => {
    const files = heroku.render(inputFor(heroku, changes));
    return { manifest: textAt(files, 'heroku.yml'), app: textAt(files, 'app.json') };
  };

  it('are what Heroku documents, bare and with all that can be declared', () => {
    for (const changes of [{}, { settings: { TZ: 'UTC' }, secrets: ['API_KEYS', 'SENTRY_DSN'] }]) {
      const { manifest, app } = rendered(changes);
      assertObeys(herokuManifest, parse(manifest));
      assertObeys(herokuApp, JSON.parse(app));
    }
  });

  it('are it no more with one key misspelt or one value mistyped', () => {
    const { manifest, app } = rendered();
    assert.deepEqual(missedBy(herokuManifest, parse(manifest)), []);
    assert.deepEqual(missedBy(herokuApp, JSON.parse(app)), []);
  });

  it('ask for one dyno that never sleeps and a database for the messages', () => {
    const { manifest, app } = rendered();
    const addons = [{ plan: 'heroku-postgresql:essential-0', as: 'DATABASE' }];
    assert.deepEqual(parse(manifest), {
      setup: { addons, config: { DATA_DIR: '/tmp/gatehouse', PGSSLMODE: 'no-verify' } },
      build: { docker: { web: 'Dockerfile' } },
    });
    const { formation, stack, addons: asked, env } = JSON.parse(app);
    assert.deepEqual(
      [formation, stack, asked],
      [{ web: { quantity: 1, size: 'standard-2x' } }, 'container', addons],
    );
    assert.deepEqual(env.DATA_DIR, { value: '/tmp/gatehouse' });
    assert.equal(env.API_KEYS.required, true);
    assert.ok(!('DATABASE_URL' in env), 'the add-on sets it');
  });

  it('say at the top that the login is lost', () => {
    const { manifest, app } = rendered();
    for (const text of [manifest.replaceAll('\n# ', ' '), app])
      assert.match(text, /lost at each restart, at least daily, and the WhatsApp login with it/);
  });

  it('are refused while nobody has accepted the loss and nothing keeps the messages', () => {
    const input = inputFor(heroku, { platforms: {} });
    const [messages, login, ...more] = reasonsOf(heroku, input);
    assert.match(
      messages ?? '',
      /every message that was accepted: .* DATABASE_URL in platforms\.heroku\.secrets/,
    );
    assert.match(login ?? '', /the WhatsApp login: .*'login-lost-at-restart' in platforms\.heroku\.accepts/);
    assert.deepEqual(more, []);
  });

  it('are refused for what is missing alone, and not for what another platform accepts', () => {
    const accepts = ['login-lost-at-restart'] as const;
    const [messages, ...more] = reasonsOf(
      heroku,
      inputFor(heroku, { platforms: { cloudrun, heroku: { accepts } } }),
    );
    assert.match(messages ?? '', /DATABASE_URL/);
    assert.deepEqual(more, []);
  });

  it('leave it to the operator how the database is trusted', () => {
    const { setup } = parse(rendered({ settings: { PGSSLMODE: 'verify-full' } }).manifest);
    assert.deepEqual(setup.config, { PGSSLMODE: 'verify-full', DATA_DIR: '/tmp/gatehouse' });
  });
});
