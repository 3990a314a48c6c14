import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isBounded } from '../../run/bounded.ts';
import { Clone, PROJECT, toRecord } from '../../support/docker/clone.ts';
import { KEY } from '../../support/docker/container.ts';
import {
  type Engine,
  endEngine,
  FIRST_TIME_MS,
  lacksForEngine,
  startEngine,
} from '../../support/docker/engine.ts';
import type { Exchange } from '../../support/kit/load.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';
import { until } from '../../support/until.ts';

const LOAD = fileURLToPath(new URL('../../support/docker/deploy-load.ts', import.meta.url));
const DEPLOY_MS = 900_000;

after(endEngine);

describe('make deploy, on a real Docker engine', function () {
  this.timeout(DEPLOY_MS);
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('make deploy to Docker compose', lack);
  let engine: Engine;
  let clone: Clone;

  before(async function bringUp() {
    this.timeout(FIRST_TIME_MS);
    engine = await startEngine();
    clone = new Clone(engine);
    const { code, output } = await clone.composeUp('first');
    assert.equal(code, 0, output);
    await until('first is ready', async () => toRecord(await clone.ask('/health')).whatsapp_ready);
  });
  after(async () => clone?.[Symbol.asyncDispose]());

  it('upgrades under 25 requests a second: none fails, no message is lost or doubled', async () => {
    const load = startLoad(engine, clone.origin);
    await load.isOn();
    const { code, output } = await clone.make('deploy', 'RELEASE=second');
    const exchanges = await load.end();
    assert.equal(code, 0, output);
    assert.match(output, /second serves at .*; first has ended/);
    assert.ok(!output.includes(KEY), output);
    assert.equal(await clone.serving(), 'second');
    assert.deepEqual(await clone.running(), [`${PROJECT}-green-1`, `${PROJECT}-port-1`]);
    assert.deepEqual(
      exchanges.filter(({ status }) => status < 200 || status > 299),
      [],
    );
    const sent = exchanges.flatMap(({ key }) => (key === undefined ? [] : [`load ${key}`])).sort();
    assert.ok(sent.length > 20, `${sent.length} messages`);
    await until('all have arrived', async () => (await arrivedAt(clone)).length >= sent.length);
    assert.deepEqual(await arrivedAt(clone), sent);
    const exit = await engine.docker('inspect', '--format', '{{.State.ExitCode}}', `${PROJECT}-blue-1`);
    assert.equal(exit, '0');
  });

  if (isBounded) return;

  it('goes back to the release before, and shows what runs and its log', async () => {
    const back = await clone.make('rollback');
    assert.equal(back.code, 0, back.output);
    assert.equal(await clone.serving(), 'first');
    const status = await clone.make('status');
    assert.match(status.output, new RegExp(`${PROJECT}-blue-1`), status.output);
    const logs = await clone.make('logs');
    assert.match(logs.output, /the other kit has ended: taking over/, logs.output);
  });

  it('does not touch what serves when the new image cannot run by itself', async () => {
    const change = `echo 'throw new Error("spoilt")' >/app/services/api/main.ts`;
    const { code, output } = await clone.make('deploy', await clone.spoil('second', 'cannot-run', change));
    assert.notEqual(code, 0, output);
    assert.match(output, /api has failed/);
    assert.match(output, /first was not touched, and serves on/);
    assert.equal(await clone.serving(), 'first');
    assert.deepEqual(await clone.running(), [`${PROJECT}-blue-1`, `${PROJECT}-port-1`]);
  });

  it('takes a new version back that never gets healthy where it is to serve', async () => {
    const change = `sed -i '1i if (process.env.GATEHOUSE_PROFILE === "docker") throw new Error("spoilt");' /app/services/api/main.ts`;
    const { code, output } = await clone.make('deploy', await clone.spoil('second', 'never-healthy', change));
    assert.notEqual(code, 0, output);
    assert.match(output, /never-healthy does not come up: api has failed/);
    assert.match(output, /first serves again/);
    assert.equal(await clone.serving(), 'first');
    assert.deepEqual(await clone.running(), [`${PROJECT}-blue-1`, `${PROJECT}-port-1`]);
  });

  it('takes a new version back that fails when it is looked at from outside', async () => {
    // It asks nobody for a key.
    const change = `sed -i 's/apiKeys: config.apiKeys,/apiKeys: [],/' /app/services/api/main.ts`;
    const { code, output } = await clone.make('deploy', await clone.spoil('second', 'open-to-all', change));
    assert.notEqual(code, 0, output);
    assert.match(output, /it fails when looked at from outside/);
    assert.match(output, /first serves again/);
    assert.equal(await clone.serving(), 'first');
  });

  it('removes what runs, and keeps the data', async () => {
    const { code, output } = await clone.make('destroy', 'YES=1');
    assert.equal(code, 0, output);
    assert.match(output, /What remains: the volume gatehouse_data/);
    assert.deepEqual(await clone.running(), []);
    assert.match(await engine.docker('volume', 'ls', '--quiet'), /^gatehouse_data$/m);
  });

  it('brings the sandbox kit up from a clone, with one open port', async () => {
    await engine.docker('volume', 'rm', `${PROJECT}_data`);
    const { code, output } = await clone.make('deploy', 'RELEASE=third');
    assert.equal(code, 0, output);
    assert.match(output, /third serves at http:\/\/127\.0\.0\.1:18080/);
    assert.ok(!output.includes(KEY), output);
    assert.equal(await clone.serving(), 'third');
    assert.deepEqual(await clone.running(), [`${PROJECT}-blue-1`, `${PROJECT}-port-1`]);
    const template = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const address = await engine.docker('inspect', '--format', template, `${PROJECT}-port-1`);
    const scan = await engine.onHost('nmap', '-n', '-Pn', '-p-', '-T4', '-oG', '-', address);
    assert.deepEqual(
      [...scan.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => port),
      ['8080'],
    );
  });
});

/** Clients on the host of the engine, in a process of their own. */
function startLoad(engine: Engine, origin: string) {
  const [file = '', ...args] = [...engine.within, process.execPath, LOAD, origin, KEY];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    /** Waits until each client has had an answer. */
    async isOn(): Promise<void> {
      assert.equal((await lines.next()).value, 'ON');
    },
    async end(): Promise<Exchange[]> {
      child.stdin.end();
      return JSON.parse(String((await lines.next()).value));
    },
  };
}

/** The messages of the load that the phone has received, sorted. */
async function arrivedAt(clone: Clone): Promise<string[]> {
  const messages = await clone.ask('/sandbox/api/messages');
  if (!Array.isArray(messages)) return [];
  return messages
    .map((message) => String(toRecord(message).body))
    .filter((body) => body.startsWith('load '))
    .sort();
}
