import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { deployment, topology } from '#config';
import { compose } from '../../../../deploy/compose/render.ts';
import { Refusal } from '../../../../deploy/platform.ts';
import { fromEnvironment } from '../../../../deploy/rendering/container-environment.ts';
import { SECRET_STAND_IN } from '../../../../deploy/rendering/render-input.ts';
import { swarm } from '../../../../deploy/swarm/render.ts';
import { schemaErrors } from '../../../support/deploy/platforms/compose-check.ts';
import { fileOf, filesOf, report, settle } from '../../../support/deploy/platforms/rendered-by.ts';

/** What a Compose file would have filled in. */
const FILLED_IN = `$HOME ${fromEnvironment('X', 'y')}`;
const TEXT = fileOf(filesOf(compose), 'compose.yaml');
const STACK = fileOf(filesOf(swarm), 'stack.yaml');

describe('compose.yaml, as the declarations make it', () => {
  it('fits the schema of Compose, which knows a wrong key and a wrong type', () => {
    const parsed = parse(TEXT, { merge: true });
    assert.deepEqual(schemaErrors(parsed), []);
    assert.match(schemaErrors({ ...parsed, servces: {} }).join(), /servces/);
    const { blue } = parsed.services;
    assert.match(schemaErrors({ services: { blue: { ...blue, pids_limt: 1 } } }).join(), /pids_limt/);
    assert.match(schemaErrors({ services: { blue: { ...blue, read_only: 3 } } }).join(), /read_only/);
    assert.match(schemaErrors({ services: { blue: { ...blue, pids_limit: {} } } }).join(), /pids_limit/);
  });

  it('says from what it was made, and holds no secret', () => {
    assert.match(TEXT, /^# Made by make render from config\/deployment\.ts/);
    for (const text of [TEXT, STACK]) assert.ok(!text.includes(SECRET_STAND_IN));
  });

  it('settles to a good configuration, whose drain ends before the grace of the container', () => {
    const { blue } = parse(TEXT, { merge: true }).services;
    // As when the caller says nothing of the release.
    const { config } = settle({ ...blue.environment, RELEASE: '' });
    assert.equal(blue.environment.RELEASE, fromEnvironment('GATEHOUSE_RELEASE', ''));
    assert.equal(config.profile, 'docker');
    assert.ok(config.stop.drainMs < config.stop.graceMs);
    assert.equal(blue.stop_grace_period, `${config.stop.graceMs / 1_000}s`);
    assert.ok(config.stop.drainMs > 10_000, 'longer than what Docker grants by itself');
  });

  it('runs a service of your own in the container of the kit, with nothing to add but its name at the top', () => {
    const text = fileOf(filesOf(compose, deployment, [...topology, report]), 'compose.yaml');
    assert.match(text, /report \(REPORT_PORT\)/);
    assert.deepEqual(parse(text), parse(TEXT));
  });

  it('carries settings, whatever characters they have, and never a `$` for Compose to fill in', () => {
    const settings = { LOG_LEVEL: 'debug', GREETING: `a "b" #c: ${FILLED_IN} %i` };
    const { environment } = parse(fileOf(filesOf(compose, { ...deployment, settings }), 'compose.yaml'), {
      merge: true,
    }).services.blue;
    assert.equal(environment.LOG_LEVEL, 'debug');
    assert.equal(environment.GREETING, `a "b" #c: ${FILLED_IN.replaceAll('$', () => '$$')} %i`);
  });

  it('keeps texts that look like something else the texts they are', () => {
    const settings = {
      A: '1_000',
      B: '0o17',
      C: 'off',
      D: '1e3',
      E: '12:30:45',
      F: '~',
      G: '08',
      H: 'one\ntwo',
      I: '',
    };
    const text = fileOf(filesOf(compose, { ...deployment, settings }), 'compose.yaml');
    for (const version of ['1.1', '1.2'] as const) {
      const { environment } = parse(text, { merge: true, version }).services.blue;
      for (const [key, value] of Object.entries(settings))
        if (value !== '') assert.equal(environment[key], value, `${key} in YAML ${version}`);
    }
  });

  it('is refused when the bridge would be killed while its browser writes its profile', () => {
    const settings = { DRAIN_MS: '2000', STOP_GRACE_MS: '3000' };
    for (const platform of [compose, swarm])
      assert.throws(
        () => filesOf(platform, { ...deployment, settings }),
        (error) =>
          error instanceof Refusal &&
          /DRAIN_MS=2000 is less than the 4000 ms that bridge needs/.test(error.message),
      );
  });
});

describe('stack.yaml of Swarm', () => {
  const stack = parse(STACK);

  it('fits the schema, and never runs two kits at once, forwards or back', () => {
    assert.deepEqual(schemaErrors(stack), []);
    const { deploy } = stack.services.kit;
    assert.equal(deploy.replicas, 1);
    assert.deepEqual(
      [deploy.update_config.order, deploy.rollback_config.order],
      ['stop-first', 'stop-first'],
    );
    assert.equal(stack.services.kit.environment.TAKE_OVER, undefined);
  });

  it('settles to a good configuration with its secrets from the file that Swarm mounts', () => {
    const { environment, stop_grace_period } = stack.services.kit;
    const { config } = settle(environment);
    assert.equal(stop_grace_period, `${config.stop.graceMs / 1_000}s`);
    assert.match(stack.services.kit.secrets[0].target, /\/\.env$/);
  });
});
