import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { z } from 'zod';
import { deployment, topology } from '#config';
import { compose } from '../../../../deploy/compose/render.ts';
import { Refusal } from '../../../../deploy/platform.ts';
import { fromEnvironment } from '../../../../deploy/rendering/container-environment.ts';
import { SECRET_STAND_IN } from '../../../../deploy/rendering/render-input.ts';
import { swarm } from '../../../../deploy/swarm/render.ts';
import { composeConfig, findCompose, schemaErrors } from '../../../support/deploy/platforms/compose-check.ts';
import { fileOf, filesOf, report, settle } from '../../../support/deploy/platforms/rendered-by.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

/** What a Compose file would have filled in. */
const FILLED_IN = `$HOME ${fromEnvironment('X', 'y')}`;
const TEXT = fileOf(filesOf(compose), 'compose.yaml');
const STACK = fileOf(filesOf(swarm), 'stack.yaml');

const service = z.looseObject({
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z
    .array(z.looseObject({ target: z.number(), published: z.string(), host_ip: z.string().optional() }))
    .default([]),
  network_mode: z.string().optional(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()).default([]),
  user: z.string(),
  stop_grace_period: z.string().optional(),
  volumes: z.array(z.looseObject({ target: z.string(), source: z.string().optional() })).default([]),
});
const model = z.looseObject({ services: z.record(z.string(), service) });
const found = findCompose();

describe('compose.yaml, as the declarations make it', () => {
  it('fits the schema of Compose, which knows a wrong key and a wrong type', () => {
    const parsed = parse(TEXT, { merge: true });
    assert.deepEqual(schemaErrors(parsed), []);
    assert.match(schemaErrors({ ...parsed, servces: {} }).join(), /servces/);
    const { blue } = parsed.services;
    assert.match(schemaErrors({ services: { blue: { ...blue, pids_limt: 1 } } }).join(), /pids_limt/);
    assert.match(schemaErrors({ services: { blue: { ...blue, read_only: 3 } } }).join(), /read_only/);
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

if ('lack' in found)
  describe('compose.yaml, as Docker Compose reads it', () => sayNotTested('compose.yaml', found.lack));
else
  describe('compose.yaml, as Docker Compose reads it', () => {
    const read = (text: string, variables?: Record<string, string>, args?: string[]) => {
      const { status, model: made, said } = composeConfig(found.path, text, variables, args);
      assert.equal(status, 0, said);
      return model.parse(made).services;
    };
    const both = read(TEXT, { GATEHOUSE_GREEN_IMAGE: 'gatehouse:2' }, ['--profile', 'green']);

    it('is the port and blue, and green when it is asked for: the same but for its image', () => {
      assert.deepEqual(Object.keys(read(TEXT)).sort(), ['blue', 'port']);
      assert.deepEqual(Object.keys(both).sort(), ['blue', 'green', 'port']);
      const { image, profiles: _profiles, ...green } = z.looseObject({ image: z.string() }).parse(both.green);
      assert.equal(image, 'gatehouse:2');
      const { image: blueImage, ...blue } = z.looseObject({ image: z.string() }).parse(both.blue);
      assert.equal(blueImage, 'gatehouse:latest');
      assert.deepEqual(green, blue);
    });

    it('publishes one port, of the service that holds the network of both', () => {
      const published = Object.entries(both).flatMap(([name, { ports }]) =>
        ports.map((port) => ({ name, ...port })),
      );
      assert.deepEqual(
        published.map(({ name, target, published: outside, host_ip }) => [name, target, outside, host_ip]),
        [['port', 8080, '8080', '0.0.0.0']],
      );
      for (const colour of ['blue', 'green']) assert.equal(both[colour]?.network_mode, 'service:port');
      const [port] = read(TEXT, { GATEHOUSE_BIND: '127.0.0.1', GATEHOUSE_PORT: '80' }).port?.ports ?? [];
      assert.deepEqual([port?.host_ip, port?.published], ['127.0.0.1', '80']);
    });

    it('gives no container a capability, a writable root or another user than that of the image', () => {
      for (const [name, part] of Object.entries(both)) {
        assert.deepEqual(
          [part.read_only, part.cap_drop, part.security_opt, part.user],
          [true, ['ALL'], ['no-new-privileges:true'], '1000:1000'],
          name,
        );
      }
    });

    it('gives both colours the keys of the one file, and fails by its name when it is not there', () => {
      assert.equal(both.green?.environment.API_KEYS, 'k'.repeat(32));
      const { status, said } = composeConfig(found.path, TEXT, { GATEHOUSE_ENV_FILE: 'elsewhere.env' });
      assert.notEqual(status, 0);
      assert.match(said, /elsewhere\.env/);
    });

    it('hands a `$` of a setting on as it is', () => {
      const settings = { GREETING: FILLED_IN };
      const text = fileOf(filesOf(compose, { ...deployment, settings }), 'compose.yaml');
      assert.match(
        String(read(text, { X: 'filled in' }).blue?.environment.GREETING),
        /^\$+HOME \$+\{X:-y\}$/,
      );
    });

    it('refuses an unknown key, a wrong type and a volume that is not declared', () => {
      for (const [right, wrong] of [
        ['read_only: true', 'readonly: true'],
        ['pids_limit: 16', 'pids_limit: many'],
        ['- data:/data', '- other:/data'],
        [fromEnvironment('GATEHOUSE_PORT', '8080'), 'eighty'],
      ] as const) {
        assert.ok(TEXT.includes(right));
        assert.notEqual(composeConfig(found.path, TEXT.replace(right, wrong)).status, 0, wrong);
      }
    });

    it('reads the stack of Swarm, and refuses it without the node that keeps the volume', () => {
      assert.equal(composeConfig(found.path, STACK, { GATEHOUSE_NODE: 'one' }).status, 0);
      assert.match(composeConfig(found.path, STACK).said, /the node that keeps the volume/);
    });
  });
