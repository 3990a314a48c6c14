import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endWithTests } from '../../support/end-with-tests.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { sharedBrowser } from '../../support/sandbox/shared-browser.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const TO = '15552220000@c.us';

describe('sandbox, killed with SIGKILL while a client is up', () => {
  let world: World;
  let witness: Witness;
  let child: ChildProcess | undefined;
  let ports = { port: 0, webPort: 0 };

  async function startProcess(): Promise<void> {
    const script = join(import.meta.dirname, '../../support/sandbox/sandbox-process.ts');
    const words = [script, world.folder, String(ports.port), String(ports.webPort)];
    const started = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    started.once('exit', endWithTests(started));
    const [line] = await once(createInterface(started.stdout), 'line');
    const { port, webPort } = recordOf(JSON.parse(String(line)));
    ports = { port: Number(port), webPort: Number(webPort) };
    sharedBrowser.relayTo(ports.webPort);
  }

  async function killProcess(): Promise<void> {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async function received(): Promise<unknown[]> {
    const response = await fetch(`http://127.0.0.1:${ports.port}/sandbox/api/messages`);
    const list: unknown = await response.json();
    return Array.isArray(list) ? list.map((item) => recordOf(item).body) : [];
  }

  before(async () => {
    world = await World.open();
    await world.running.close();
    await startProcess();
    witness = await world.startClient();
    await witness.next('ready');
    await witness.client.sendMessage(TO, 'before');
    await until('it is received', async () => (await received()).includes('before'));
    await killProcess();
  });

  after(async () => {
    await witness?.close();
    await killProcess();
    await world[Symbol.asyncDispose]();
  });

  it('shows the page that WhatsApp is away', async () => {
    await until('it opens another socket', async () => (await witness.client.getState()) === 'OPENING');
  });

  it('has every message after its restart, though the last line of the journal was torn', async () => {
    const journal = join(world.folder, 'sandbox', 'phone.jsonl');
    const whole = readFileSync(journal, 'utf8');
    appendFileSync(journal, '{"kind":"message","mess');
    await witness.client.sendMessage(TO, 'meanwhile');
    await startProcess();
    assert.ok((await received()).includes('before'));
    assert.ok(readFileSync(journal, 'utf8').startsWith(whole));
  });

  it('gets, once, what was sent meanwhile, when the page has found it again', async () => {
    await until('it is received', async () => (await received()).includes('meanwhile'));
    await until('CONNECTED', async () => (await witness.client.getState()) === 'CONNECTED');
    assert.deepEqual(await received(), ['before', 'meanwhile']);
    assert.equal(witness.all('disconnected').length, 0);
  });

  it('still brings messages to the page', async () => {
    await fetch(`http://127.0.0.1:${ports.port}/sandbox/api/incoming`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: TO, body: 'after' }),
    });
    assert.equal((await witness.nextMessage()).body, 'after');
  });
});
