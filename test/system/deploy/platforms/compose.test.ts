import assert from 'node:assert/strict';
import { z } from 'zod';
import { deployment } from '#config';
import { compose } from '../../../../deploy/compose/render.ts';
import { fromEnvironment } from '../../../../deploy/rendering/container-environment.ts';
import { swarm } from '../../../../deploy/swarm/render.ts';
import { composeConfig, findCompose } from '../../../support/deploy/platforms/compose-check.ts';
import { fileOf, filesOf } from '../../../support/deploy/platforms/rendered-by.ts';
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
if ('lack' in found)
  describe('compose.yaml, as Docker Compose reads it', () => sayNotTested('compose.yaml', found.lack));
else
  describe('compose.yaml, as Docker Compose reads it', () => {
    const config = (text: string, variables?: Record<string, string>, args?: string[]) =>
      composeConfig(found.path, text, variables, args);
    const read = async (...args: Parameters<typeof config>) => {
      const { status, model: made, said } = await config(...args);
      assert.equal(status, 0, said);
      return model.parse(made).services;
    };
    let plain: Awaited<ReturnType<typeof read>>;
    let both: typeof plain;
    let withSettings: typeof plain;
    before(async () => {
      const settings = { GREETING: FILLED_IN };
      [plain, both, withSettings] = await Promise.all([
        read(TEXT),
        read(TEXT, { GATEHOUSE_GREEN_IMAGE: 'gatehouse:2' }, ['--profile', 'green']),
        read(fileOf(filesOf(compose, { ...deployment, settings }), 'compose.yaml'), {
          X: 'filled in',
          GATEHOUSE_BIND: '127.0.0.1',
          GATEHOUSE_PORT: '80',
        }),
      ]);
    });

    it('is the port and blue, and green when it is asked for: the same but for its image', () => {
      assert.deepEqual(Object.keys(plain).sort(), ['blue', 'port']);
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
      const [port] = withSettings.port?.ports ?? [];
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

    it('gives both colours the keys of the one file, and fails by its name when it is not there', async () => {
      assert.equal(both.green?.environment.API_KEYS, 'k9f86d081884c7d659a2feaa0c55ad01');
      const { status, said } = await config(TEXT, { GATEHOUSE_ENV_FILE: 'elsewhere.env' });
      assert.notEqual(status, 0);
      assert.match(said, /elsewhere\.env/);
    });

    it('hands a `$` of a setting on as it is', () => {
      assert.match(String(withSettings.blue?.environment.GREETING), /^\$+HOME \$+\{X:-y\}$/);
    });

    // Other wrong keys and types are the schema's: test/unit/deploy/platforms/compose.test.ts.
    it('refuses an unknown key, a wrong port and a volume that is not declared', async () => {
      const pairs = [
        ['read_only: true', 'readonly: true', /readonly/],
        ['- data:/data', '- other:/data', /undefined volume other/],
        [fromEnvironment('GATEHOUSE_PORT', '8080'), 'eighty', /eighty/],
      ] as const;
      await Promise.all(
        pairs.map(async ([right, wrong, about]) => {
          assert.ok(TEXT.includes(right));
          const { status, said } = await config(TEXT.replace(right, wrong));
          assert.notEqual(status, 0, wrong);
          assert.match(said, about);
        }),
      );
    });

    it('reads the stack of Swarm, and refuses it without the node that keeps the volume', async () => {
      const [whole, lacking] = await Promise.all([config(STACK, { GATEHOUSE_NODE: 'one' }), config(STACK)]);
      assert.equal(whole.status, 0);
      assert.match(lacking.said, /the node that keeps the volume/);
    });
  });
