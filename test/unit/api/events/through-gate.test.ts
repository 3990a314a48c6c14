import assert from 'node:assert/strict';
import { createLog } from '../../../../services/runtime/log.ts';
import { calls, post } from '../../../support/api/events/news.ts';
import { type ApiWorld, answerJson, SECRET, startWorld } from '../../../support/api/world.ts';
import { route, startTestGate } from '../../../support/gate/test-gate.ts';
import { openEvents, openSocket, UpgradeRefused } from '../../../support/kit/events.ts';

const KEY = 'a-key/of=24(characters)@least';
/** As the README tells browsers to send it. */
const PROTOCOL = `key.${encodeURIComponent(KEY).replace('(', '%28').replace(')', '%29')}`;

async function startGate(world: ApiWorld, localOnly: boolean) {
  const { hostname: host, port } = new URL(world.origin);
  const upstream = { host, port: Number(port) };
  const logged: string[] = [];
  const gate = await startTestGate(upstream, {
    routes: [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })],
    secret: SECRET,
    localOnly,
    log: createLog('gate', 'trace', { write: (line) => void logged.push(line) }),
  });
  return { gate, logged };
}

const refusalOf = (opening: Promise<unknown>) =>
  opening.then(
    () => assert.fail('it was let in'),
    (error: unknown) => {
      assert.ok(error instanceof UpgradeRefused, String(error));
      return [error.status, error.code];
    },
  );

describe('event log, read through the gate', () => {
  it('comes over a WebSocket to who has a key, sent as browsers can, which stands in no log', async () => {
    await using world = await startWorld(answerJson(200, {}), [KEY]);
    const { gate, logged } = await startGate(world, false);
    await using opened = gate;
    await using reader = await openSocket(opened.origin, '?types=call', { origin: 'https://app.example' }, [
      'gatehouse',
      PROTOCOL,
    ]);
    assert.equal(reader.socket.protocol, 'gatehouse');
    await post(world.origin, calls(20));
    assert.equal((await reader.take(20)).at(-1)?.data.call_id, '19');
    assert.deepEqual(await refusalOf(openSocket(opened.origin)), [401, 'key_missing']);
    assert.deepEqual(await refusalOf(openSocket(opened.origin, '', { 'x-api-key': `${KEY}x` })), [
      401,
      'key_invalid',
    ]);
    assert.deepEqual(await refusalOf(openSocket(opened.origin, '?types=foo', { 'x-api-key': KEY })), [
      400,
      'query_invalid',
    ]);
    // What the gate adds nobody else can bring along.
    assert.deepEqual(await refusalOf(openSocket(opened.origin, '', { 'x-gatehouse-secret': SECRET })), [
      401,
      'key_missing',
    ]);
    await reader[Symbol.asyncDispose]();
    await opened.drain(100);
    assert.ok(logged.some((line) => line.includes('/ws')));
    for (const secret of [KEY, PROTOCOL]) assert.ok(![...logged, ...world.logged].join('').includes(secret));
  });

  it('comes to the WebSocket that browsers have, which takes no headers', async () => {
    await using world = await startWorld(answerJson(200, {}), [KEY]);
    await using opened = (await startGate(world, false)).gate;
    const socket = new WebSocket(`ws://127.0.0.1:${opened.port}/ws?after=0`, ['gatehouse', PROTOCOL]);
    await post(world.origin, calls(1));
    const data = await new Promise((resolve, reject) => {
      socket.addEventListener('message', (message) => resolve(message.data));
      socket.addEventListener('error', () => reject(new Error('the WebSocket broke')));
    });
    assert.equal(JSON.parse(String(data)).data.call_id, '0');
    socket.close();
  });

  it('is kept from pages of other sites where there is no key', async () => {
    await using world = await startWorld(answerJson(200, {}));
    const { gate } = await startGate(world, true);
    await using opened = gate;
    const own = { origin: `http://localhost:${opened.port}` };
    await using reader = await openSocket(opened.origin, '', own);
    await post(world.origin, calls(1));
    assert.equal((await reader.next()).data.call_id, '0');
    for (const origin of ['https://evil.example', 'null'])
      assert.deepEqual(await refusalOf(openSocket(opened.origin, '', { origin })), [403, 'origin_refused']);
  });

  it('is left with 1001 when the gate drains, and gone on with from there without a gap', async () => {
    await using world = await startWorld(answerJson(200, {}));
    const before = (await startGate(world, false)).gate;
    await using reader = await openSocket(before.origin);
    await using stream = await openEvents(before.origin);
    await post(world.origin, calls(5, 'a'));
    const last = (await reader.take(5)).at(-1)?.seq;
    assert.equal((await stream.take(5)).at(-1)?.seq, last);
    const streamEnded = assert.rejects(stream.next(), /ended|aborted/);
    await before.drain();
    assert.equal((await reader.closed).code, 1001);
    await streamEnded;
    await post(world.origin, calls(5, 'b'));
    await using after = (await startGate(world, false)).gate;
    await using again = await openSocket(after.origin, `?after=${last}`);
    await using streamAgain = await openEvents(after.origin, { 'last-event-id': String(last) });
    for (const events of [await again.take(5), await streamAgain.take(5)])
      assert.deepEqual(
        events.map(({ data }) => data.call_id),
        calls(5, 'b').map(({ key }) => key),
      );
  });
});
