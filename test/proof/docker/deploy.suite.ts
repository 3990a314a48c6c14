import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { KEY } from '../../support/docker/container.ts';
import { type Engine, FIRST_TIME_MS, lacksForEngine, startEngine } from '../../support/docker/engine.ts';
import { until } from '../../support/kit/kit.ts';
import type { Exchange } from '../../support/kit/load.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PORT = '18080';
const ORIGIN = `http://127.0.0.1:${PORT}`;
/** Of a project of its own, beside whatever else the engine runs. */
const NAME = 'gatehouse';
const DEPLOY_MS = 300_000;

interface Outcome {
  readonly code: number;
  readonly output: string;
}

describe('make deploy, on a real Docker engine', function () {
  this.timeout(DEPLOY_MS);
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('make deploy to Docker compose', lack);
  let engine: Engine;
  let clone: string;

  before(async function bringUp() {
    this.timeout(FIRST_TIME_MS);
    engine = await startEngine();
    clone = cloneKit();
  });
  after(async () => {
    if (engine === undefined) return;
    await make('destroy', 'YES=1');
    await engine.docker('volume', 'rm', '--force', `${NAME}_data`);
    await engine[Symbol.asyncDispose]();
    rmSync(clone, { recursive: true, force: true });
  });

  /** As somebody would call it in a clone, on the engine's own host. */
  function make(target: string, ...variables: string[]): Promise<Outcome> {
    const settings = ['WHATSAPP=sandbox', 'SANDBOX_ALLOWED=true', 'SANDBOX_AUTO_LINK=true', `PORT=${PORT}`];
    const command = ['make', '--no-print-directory', '-o', 'node_modules/.installed', target];
    const [file = '', ...args] = [...engine.within, ...command, ...variables, ...settings];
    return new Promise((resolve) => {
      execFile(
        file,
        args,
        { cwd: clone, env: { ...engine.env, API_KEYS: KEY }, maxBuffer: 64 * 1024 ** 2 },
        (error, stdout, stderr) =>
          resolve({
            code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
            output: stdout + stderr,
          }),
      );
    });
  }

  async function ask(path: string): Promise<unknown> {
    const keyed = ['--header', `x-api-key: ${KEY}`, '--max-time', '10'];
    return JSON.parse(await engine.onHost('curl', '--silent', ...keyed, `${ORIGIN}${path}`));
  }

  async function serving(): Promise<unknown> {
    return toRecord(await ask('/health')).release;
  }

  async function running(): Promise<string[]> {
    const names = await engine.docker(
      'ps',
      '--filter',
      `label=com.docker.compose.project=${NAME}`,
      '--format',
      '{{.Names}}',
    );
    return names
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  }

  /** An image that differs from the one that serves by what a shell command does to its sources. */
  async function spoil(tag: string, change: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-spoilt-'));
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${NAME}:second\nUSER 0\nRUN ${change}\nUSER 1000:1000\n`);
    await engine.docker('build', '--quiet', '--tag', `${NAME}:${tag}`, folder);
    rmSync(folder, { recursive: true });
    return `IMAGE=${NAME}:${tag}`;
  }

  it('brings the sandbox kit up from a clone, with one open port', async function first() {
    this.timeout(FIRST_TIME_MS);
    const { code, output } = await make('deploy', 'RELEASE=first');
    assert.equal(code, 0, output);
    assert.match(output, /first serves at http:\/\/127\.0\.0\.1:18080/);
    assert.ok(!output.includes(KEY), output);
    assert.equal(await serving(), 'first');
    assert.deepEqual(await running(), [`${NAME}-blue-1`, `${NAME}-port-1`]);
    const address = await engine.docker(
      ...[
        'inspect',
        '--format',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
        `${NAME}-port-1`,
      ],
    );
    const scan = await engine.onHost('nmap', '-n', '-Pn', '-p-', '-T4', '-oG', '-', address);
    assert.deepEqual(
      [...scan.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => port),
      ['8080'],
    );
  });

  it('upgrades under 20 requests a second: none fails, no message is lost or doubled', async () => {
    const [file = '', ...args] = [
      ...engine.within,
      process.execPath,
      join(ROOT, 'test/support/docker/deploy-load.ts'),
      ORIGIN,
      KEY,
    ];
    const load = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const told = text(load.stdout);
    const { code, output } = await make('deploy', 'RELEASE=second');
    load.stdin.end();
    const exchanges: Exchange[] = JSON.parse(await told);
    assert.equal(code, 0, output);
    assert.match(output, /second serves at .*; first has ended/);
    assert.equal(await serving(), 'second');
    assert.deepEqual(await running(), [`${NAME}-green-1`, `${NAME}-port-1`]);
    assert.deepEqual(
      exchanges.filter(({ status }) => status < 200 || status > 299),
      [],
    );
    const sent = exchanges.flatMap(({ key }) => (key === undefined ? [] : [`load ${key}`])).sort();
    assert.ok(sent.length > 20, `${sent.length} messages`);
    const arrived = async () => {
      const messages = await ask('/sandbox/api/messages');
      return Array.isArray(messages)
        ? messages.map((message) => String(toRecord(message).body)).filter((body) => body.startsWith('load '))
        : [];
    };
    await until('all have arrived', async () => (await arrived()).length >= sent.length, 90_000);
    assert.deepEqual((await arrived()).sort(), sent);
    const exit = await engine.docker('inspect', '--format', '{{.State.ExitCode}}', `${NAME}-blue-1`);
    assert.equal(exit, '0');
  });

  it('goes back to the release before, and tells what runs and its log', async () => {
    const back = await make('rollback');
    assert.equal(back.code, 0, back.output);
    assert.equal(await serving(), 'first');
    const status = await make('status');
    assert.match(status.output, new RegExp(`${NAME}-blue-1`), status.output);
    const logs = await make('logs');
    assert.match(logs.output, /the other kit has ended: taking over/, logs.output);
  });

  it('does not touch what serves when the new image cannot run by itself', async () => {
    const image = await spoil('cannot-run', `echo 'throw new Error("spoilt")' >/app/services/api/main.ts`);
    const { code, output } = await make('deploy', image);
    assert.notEqual(code, 0, output);
    assert.match(output, /api has failed/);
    assert.match(output, /first was not touched, and serves on/);
    assert.equal(await serving(), 'first');
    assert.deepEqual(await running(), [`${NAME}-blue-1`, `${NAME}-port-1`]);
  });

  it('takes a new version back that never gets healthy where it is to serve', async () => {
    const image = await spoil(
      'never-healthy',
      `sed -i '1i if (process.env.GATEHOUSE_PROFILE === "docker") throw new Error("spoilt");' /app/services/api/main.ts`,
    );
    const { code, output } = await make('deploy', image);
    assert.notEqual(code, 0, output);
    assert.match(output, /never-healthy does not come up: api has failed/);
    assert.match(output, /first serves again/);
    assert.equal(await serving(), 'first');
    assert.deepEqual(await running(), [`${NAME}-blue-1`, `${NAME}-port-1`]);
  });

  it('takes a new version back that fails when it is looked at from outside', async () => {
    // It asks nobody for a key.
    const image = await spoil(
      'open-to-all',
      `sed -i 's/apiKeys: config.apiKeys,/apiKeys: [],/' /app/services/api/main.ts`,
    );
    const { code, output } = await make('deploy', image);
    assert.notEqual(code, 0, output);
    assert.match(output, /it fails when looked at from outside/);
    assert.match(output, /first serves again/);
    assert.equal(await serving(), 'first');
  });

  it('removes what runs, and keeps the data', async () => {
    const { code, output } = await make('destroy', 'YES=1');
    assert.equal(code, 0, output);
    assert.match(output, /What remains: the volume gatehouse_data/);
    assert.deepEqual(await running(), []);
    assert.match(await engine.docker('volume', 'ls', '--quiet'), /^gatehouse_data$/m);
  });
});

/** What git would give, of this working tree, with the packages of this one. */
function cloneKit(): string {
  const clone = mkdtempSync(join(tmpdir(), 'gatehouse-clone-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name !== ''))
    cpSync(join(ROOT, file), join(clone, file), { preserveTimestamps: true });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
