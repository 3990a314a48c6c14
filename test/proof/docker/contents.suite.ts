import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig } from '#config';
import {
  type Engine,
  FIRST_TIME_MS,
  lacksForEngine,
  type Stage,
  startEngine,
} from '../../support/docker/engine.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';

const LOCK = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });

describe('image, by what it holds', () => {
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('what the image holds', lack);
  let engine: Engine;

  before(async function () {
    this.timeout(FIRST_TIME_MS);
    engine = await startEngine();
    for (const stage of ['kit', 'slim', 'port'] as const) await engine.image(stage);
  });
  after(async () => engine?.[Symbol.asyncDispose]());

  const inside = async (script: string, stage: Stage = 'kit') =>
    (
      await engine.docker(
        'run',
        '--rm',
        '--network=none',
        '--entrypoint=sh',
        await engine.image(stage),
        '-c',
        script,
      )
    ).split('\n');

  it('has the sources that run, and no test, document, secret or history', async () => {
    assert.deepEqual(await inside('ls -A /app'), [
      '.npmrc',
      'LICENSE',
      'bin',
      'cli',
      'config',
      'deploy',
      'nginx',
      'node_modules',
      'operate',
      'package-lock.json',
      'package.json',
      'services',
    ]);
    const files = await inside('cd /app && find . -path ./node_modules -prune -o -type f -print');
    assert.ok(files.includes('./services/gate/main.ts'));
    assert.deepEqual(
      files.filter((file) => /test|\.env|\.git|\.log$|\.pem$|rendered|data\//.test(file)),
      [],
    );
    assert.deepEqual(await inside('find /data /tmp /home/node -type f ! -name ".*"'), ['']);
  });

  it('has the packages that the kit needs to run, and none of those to develop it', async () => {
    const { packages } = lockSchema.parse(JSON.parse(readFileSync(LOCK, 'utf8')));
    const needed = new Set(Object.keys(packages).filter((path) => packages[path]?.dev !== true));
    const there = await inside(
      'cd /app && find node_modules -name package.json -path "*node_modules/*" | sed "s,/package.json$,,"',
    );
    const known = there.filter((path) => packages[path] !== undefined);
    assert.ok(known.length > 100, `${known.length}`);
    assert.deepEqual(
      known.filter((path) => !needed.has(path)),
      [],
    );
  });

  it('names its base and the version of each package of the system', async () => {
    for (const stage of ['kit', 'slim'] as const) {
      const packages = await inside('cat /usr/share/gatehouse/packages', stage);
      for (const name of ['nginx-light', 'tini', ...(stage === 'kit' ? ['chromium'] : [])])
        assert.ok(
          packages.some((line) => new RegExp(`^${name}(?::\\w+)?\\s+\\d`).test(line)),
          name,
        );
      const label = await engine.docker(
        'image',
        'inspect',
        '--format',
        '{{index .Config.Labels "org.opencontainers.image.base.name"}}',
        await engine.image(stage),
      );
      assert.match(label, /^node:24-/);
    }
  });

  it('belongs to root and to nobody who runs it, but for the volume', async () => {
    assert.deepEqual(
      await inside(
        'find / -xdev -not -path "/proc/*" \\( -user node -o -perm -0002 -not -type l \\) -not -path "/home/node*" -not -path "/dev/*" | sort',
      ),
      ['/data', '/run/lock', '/tmp', '/var/tmp'],
    );
  });

  it('names user, port, check, signal and release, and declares no volume, which Railway refuses', async () => {
    const { config } = loadConfig({
      env: { GATEHOUSE_PROFILE: 'docker', API_KEYS: 'k9f86d081884c7d659a2feaa' },
      folder: '/',
    });
    for (const stage of ['kit', 'slim'] as const) {
      const inspected = JSON.parse(
        await engine.docker('image', 'inspect', '--format', '{{json .Config}}', await engine.image(stage)),
      );
      assert.equal(inspected.User, '1000:1000');
      assert.deepEqual(Object.keys(inspected.ExposedPorts), [`${config.ports.gate}/tcp`]);
      assert.deepEqual(
        [...inspected.Entrypoint, ...inspected.Cmd],
        [
          'tini',
          '--',
          ...(stage === 'kit' ? ['bash', 'deploy/image/enter.sh'] : []),
          'node',
          'bin/gatehouse.js',
          'start',
        ],
      );
      assert.deepEqual(inspected.Healthcheck.Test, ['CMD', 'bash', 'deploy/image/is-live.sh']);
      assert.equal(inspected.StopSignal, 'SIGTERM');
      assert.equal(inspected.Volumes ?? null, null);
      assert.ok(inspected.Env.includes('RELEASE=under-test'));
      assert.ok(!inspected.Env.some((line: string) => line.startsWith('GATEHOUSE_PROFILE=')));
    }
  });

  it('is found compiled by Node, on a root that cannot be written', async () => {
    const told = await engine
      .dockerOutput(
        'run',
        '--rm',
        '--read-only',
        '--network=none',
        '--env=NODE_DEBUG_NATIVE=COMPILE_CACHE',
        await engine.image(),
        'node',
        'bin/gatehouse.js',
        'start',
      )
      .catch((error: unknown) => String(error));
    const accepted = told.match(/was accepted/g)?.length ?? 0;
    const missing = told.match(/was (rejected|not in)/g)?.length ?? 0;
    assert.ok(accepted > 50 && missing === 0, `${accepted} accepted, ${missing} not`);
  });

  it('has nginx and no browser in its slim form', async () => {
    assert.deepEqual(
      await inside('for each in nginx chromium tini; do command -v $each; done; true', 'slim'),
      ['/usr/sbin/nginx', '/usr/bin/tini'],
    );
  });

  it('is a few megabytes that sleep, and end on SIGTERM, as the port alone', async () => {
    const image = await engine.image('port');
    assert.ok(Number(await engine.docker('image', 'inspect', '--format', '{{.Size}}', image)) < 5e6);
    const container = await engine.run(image, {
      flags: ['--read-only', '--cap-drop=ALL', '--network=none'],
      env: {},
    });
    assert.equal(await container.inspect('{{.State.Running}} {{.Config.User}}'), 'true 1000:1000');
    // 143: by SIGTERM. After the grace it would be SIGKILL, 137.
    assert.equal(await container.stop(60), 143);
  });
});
