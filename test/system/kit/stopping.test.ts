import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { openEvents } from '../../support/kit/events.ts';
import { freePorts, type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { readOutbox } from '../../support/kit/outbox.ts';
import { processesOf } from '../../support/kit/processes-of.ts';

const WITHOUT_WHATSAPP = { args: ['start'] };
/** The budget of the kit: the gate then gets the 20 s of its declaration. */
const DRAIN = { DRAIN_MS: '60000', STOP_GRACE_MS: '70000' };
/** A gate that waits for a stream takes more than 19 s. */
const STREAMS_END_WITHIN_MS = 15_000;

interface Outcome {
  readonly message: string;
  readonly status: number | 'not accepted' | 'broken off';
}

describe('kit, told to stop', () => {
  it('answers every accepted request under load, ends streams, exits 0 and leaves no process', async () => {
    const env = { ...NO_BROWSER, SEND_WAIT_MS: '50', ...DRAIN };
    await using kit = await (await startKit({ ...WITHOUT_WHATSAPP, env })).up();
    const streams = await openStreams(kit);
    const { outcomes, end } = startWriters(kit);
    await kit.until('the load runs', () => outcomes.length > 40);
    kit.child.kill('SIGTERM');
    kit.child.kill('SIGTERM'); // Platforms repeat themselves.
    await streams.end();
    const code = await kit.exit;
    await end();

    // What the kernel reset in the very moment in which the listener closed was never accepted: then nothing came of it.
    const stored = new Set(readOutbox(kit));
    const accepted = outcomes.filter(({ message }) => stored.has(message));
    // 202: it is on disk, and goes out after the next start.
    for (const { status } of accepted) assert.equal(status, 202);
    for (const { status } of outcomes)
      assert.ok(typeof status !== 'number' || status === 202, String(status));
    assert.equal(accepted.length, outcomes.filter(({ status }) => status === 202).length);
    assert.ok(
      outcomes.filter(({ status }) => status === 'broken off').length <= 1,
      JSON.stringify(outcomes.slice(-20)),
    );
    assert.equal(code, 0);
    assert.deepEqual(processesOf(kit.dataDir), []);
    assert.ok(!existsSync(join(kit.dataDir, 'supervisor.run')));
  });

  it('ends streams rather than wait for them behind an nginx gate too, on SIGINT', async () => {
    const env = { ...NO_BROWSER, GATE: 'nginx', ...DRAIN };
    await using kit = await (await startKit({ ...WITHOUT_WHATSAPP, env })).up();
    const streams = await openStreams(kit);
    kit.child.kill('SIGINT');
    await streams.end();
    assert.equal(await kit.exit, 0);
    assert.deepEqual(processesOf(kit.dataDir), []);
  });

  it('stops while it is still starting', async () => {
    await using kit = await startKit();
    await kit.until('something runs', () => kit.output.includes('gate started'));
    assert.equal(await kit.stop(), 0);
    assert.deepEqual(processesOf(kit.dataDir), []);
  });
});

// One data folder: each test goes on with what the one before has left.
describe('kit with WhatsApp, told to stop', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-stop-'));
  let ports: Awaited<ReturnType<typeof freePorts>>;
  let kit: Kit;
  /** The messages that the kit answered with 200 or 202 before the first stop. */
  let accepted: string[] = [];
  const start = () => startKit({ dataDir, ports });
  before(async () => {
    ports = await freePorts();
    kit = await (await start()).ready();
  });
  after(async () => {
    await kit?.[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  /** What the phone has of the load. */
  const loaded = async () =>
    (await kit.received()).map(({ body }) => body).filter((body) => /^\d+\/\d+$/.test(body));
  const statusOf = (message: string) =>
    kit.post('/api/whatsapp/send', { chat_id: '15551234567', message }).then(
      ({ status }) => status,
      () => 'broken off',
    );

  it('drains in order under load even when the platform signals every process at once, and answers at once a send that waits', async () => {
    const { outcomes, end } = startWriters(kit);
    await kit.until('the phone has much of the load', async () => (await loaded()).length > 20);
    await kit.post('/sandbox/api/misbehave', { kind: 'offline' });
    const answer = statusOf('kept');
    await kit.until('it is accepted', async () => {
      const { messages } = await (await fetch(`${kit.origin}/api/whatsapp/messages?limit=100`)).json();
      return messages.some(({ message }: { message: string }) => message === 'kept');
    });
    for (const service of ['gate', 'api', 'bridge', 'sandbox']) process.kill(kit.pidOf(service), 'SIGTERM');
    kit.child.kill('SIGTERM');
    assert.equal(await answer, 202);
    assert.equal(await kit.exit, 0);
    await end();
    accepted = outcomes
      .filter(({ status }) => status === 200 || status === 202)
      .map(({ message }) => message);
    for (const service of ['api', 'bridge'])
      assert.equal(kit.output.split(`${service} started`).length, 2, `${service} was started again`);
  });

  it('has at the phone once, after the next start, each message that was accepted', async () => {
    kit = await (await start()).ready();
    const expected = ['kept', ...accepted];
    await kit.until('the phone has them', async () => {
      const bodies = new Set((await kit.received()).map(({ body }) => body));
      return expected.every((message) => bodies.has(message));
    });
    const bodies = (await kit.received()).map(({ body }) => body);
    assert.deepEqual(
      expected.filter((message) => bodies.filter((body) => body === message).length !== 1),
      [],
    );
    const all = await loaded();
    assert.equal(new Set(all).size, all.length, 'a message that was not accepted came twice');
  });

  it('leaves the bridge the time to close its browser, though a send hangs', async () => {
    await kit.post('/sandbox/api/misbehave', { kind: 'policy', mode: 'hang-add' });
    const answer = statusOf('hangs');
    await kit.until('it is under way', async () => (await kit.sending()).length === 1);
    assert.equal(await kit.stop(), 0);
    assert.ok(!kit.output.includes('did not stop within'), kit.output.slice(-2_000));
    assert.notEqual(await answer, 200);
  });
});

/** Clients that send one message after the other, half of them on kept connections, until the port is closed. */
function startWriters(kit: Kit) {
  const outcomes: Outcome[] = [];
  let going = true;
  const write = async (name: number) => {
    const agent = new Agent({ keepAlive: name % 2 === 0, maxSockets: 1 });
    for (let count = 0; going; count += 1) {
      const outcome = await send(kit.origin, agent, `${name}/${count}`);
      outcomes.push(outcome);
      if (outcome.status === 'not accepted') return;
    }
  };
  const writers = Promise.all(Array.from({ length: 8 }, (_, name) => write(name)));
  return {
    outcomes,
    async end() {
      going = false;
      await writers;
    },
  };
}

/** One request over an agent's connection. */
function send(origin: string, agent: Agent, message: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const body = JSON.stringify({ chat_id: '15551234567', message });
    const asked = request(
      `${origin}/api/whatsapp/send`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ message, status: response.statusCode ?? 0 }));
        response.on('error', () => resolve({ message, status: 'broken off' }));
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ message, status: error.code === 'ECONNREFUSED' ? 'not accepted' : 'broken off' }),
    );
    asked.end(body);
  });
}

/** An event stream and a WebSocket, both open. */
async function openStreams(kit: Kit) {
  const reader = await openEvents(kit.origin);
  const socket = new WebSocket(`${kit.origin.replace('http', 'ws')}/ws`);
  await once(socket, 'open');
  const ended = assert.rejects(
    reader.next(() => false),
    /ended|aborted/,
  );
  const closed = once(socket, 'close');
  return {
    /** Waits until both have ended. */
    async end() {
      const sinceMs = performance.now();
      await ended;
      assert.equal((await closed)[0], 1001);
      assert.ok(performance.now() - sinceMs < STREAMS_END_WITHIN_MS, 'the kit waited for the streams');
      await reader[Symbol.asyncDispose]();
    },
  };
}
