import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { loadConfig, type ServiceDeclaration, topology } from '#config';
import { SECRET_STAND_IN, standIns } from '../../../../deploy/rendering/render-input.ts';
import {
  inputFor,
  platformVariables,
  readRendered,
  renderedEnvironment,
  singlePort,
} from '../../../support/deploy/platforms/support.ts';

const reports: ServiceDeclaration = {
  name: 'reports',
  command: ['reports-server'],
  port: { env: 'REPORTS_PORT', default: 8_010, doc: 'Reports.' },
  exposure: 'routed',
  routes: [{ prefix: '/reports' }],
  readyPath: '/',
  needs: ['gate'],
  critical: false,
  stopGraceMs: 1_000,
  kit: false,
};

/** To render a file takes much longer than to compare a value. */
const VALUES_PER_FILE = 5;
const anyValue = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.stringMatching(/^["'`\\${}#:\-&*!|>% \n\r\t,[\]]{1,12}$/),
    fc.constantFrom('off', 'no', '1e3', '0o17', '~', 'null', '# none', '---', '\\', "''", '"""', '*/'),
  )
  .filter((value) => !value.includes('\0'));

for (const platform of singlePort) {
  describe(`rendered for ${platform.facts.title}`, () => {
    const input = inputFor(platform);

    it('gives the kit the configuration that its rules were checked on', () => {
      const { config } = loadConfig({
        env: {
          ...platformVariables(platform),
          ...renderedEnvironment(platform, input),
          ...standIns(input.deployment.secrets),
        },
        folder: tmpdir(),
      });
      assert.deepEqual({ ...config, internal: input.config.internal }, input.config);
      assert.ok(config.stop.drainMs < config.stop.graceMs);
    });

    it('names the secrets and shows none', () => {
      const text = platform
        .render(input)
        .map((file) => file.text)
        .join('');
      assert.ok(!text.includes(SECRET_STAND_IN));
      for (const secret of input.deployment.secrets) {
        assert.ok(text.includes(secret), secret);
        assert.ok(!Object.hasOwn(renderedEnvironment(platform, input), secret), secret);
      }
    });

    it('says where it is from, and lies where the platform looks', () => {
      const files = platform.render(input);
      assert.deepEqual(
        files.map(({ path }) => path),
        platform.files,
      );
      for (const { text } of files) assert.match(text, /Made by make render from config\/deployment\.ts/);
    });

    it('passes on a setting that differs, and not one that is as usual', () => {
      const settings = {
        MEDIA_MAX_BYTES: '8MiB',
        PACING_PER_MINUTE: '30',
        LOG_LEVEL: 'debug',
        TZ: 'Asia/Tokyo',
      };
      const before = renderedEnvironment(platform, input);
      assert.deepEqual(renderedEnvironment(platform, inputFor(platform, { settings })), {
        ...before,
        MEDIA_MAX_BYTES: '8MiB',
        LOG_LEVEL: 'debug',
        TZ: 'Asia/Tokyo',
      });
    });

    it('keeps every value what it was, whatever characters it has', () => {
      fc.assert(
        fc.property(
          fc.array(anyValue, { minLength: VALUES_PER_FILE, maxLength: VALUES_PER_FILE }),
          (values) => {
            const settings = Object.fromEntries(
              values.map((value, index) => [index === 0 ? 'GREETING' : `OWN_${index}`, value]),
            );
            const shown = renderedEnvironment(platform, inputFor(platform, { settings }));
            assert.partialDeepStrictEqual(shown, settings);
          },
        ),
        { numRuns: 5 },
      );
    });

    it('takes a service that joins the topology into the same container, and names it', () => {
      const joined = platform.render({ ...input, services: [...topology, reports] });
      platform.render(input).forEach((before, at) => {
        const after = joined[at];
        assert.ok(after);
        assert.deepEqual(readRendered(after), readRendered(before));
        if (!before.path.endsWith('.json')) assert.match(after.text, /reports \(REPORTS_PORT\)/);
      });
    });

    it('names the sandbox only where it runs', () => {
      const sandbox = { settings: { WHATSAPP: 'sandbox', SANDBOX_ALLOWED: 'true' } };
      const named = (changes: object) =>
        platform.render(inputFor(platform, changes))[0]?.text.includes('SANDBOX_PORT');
      assert.deepEqual([named({}), named(sandbox)], [false, true]);
    });
  });
}
