import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mock } from 'node:test';
import request from 'supertest';
import { freshSqlite } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { call, calls } from '../../../support/api/events/news.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openSocket, UpgradeRefused } from '../../../support/kit/events.ts';

const bridge = answerJson(200, {});
/** With every character that a protocol name cannot have, and one that URL encoding uses itself. */
const KEY = 'key/with=odd%25(characters)"{}@[];:?';
const OTHER = 'another-key-of-24-characters';

describe('event WebSocket', () => {
  const refusal = async (opening: Promise<unknown>) => {
    const error = await opening.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UpgradeRefused, String(error));
    assert.equal(error.headers['content-type'], 'application/problem+json');
    return [error.status, error.code];
  };

  it('is for those whom the gate lets in, with a key, who ask well', async () => {
    await using world = await startWorld(bridge, [KEY, OTHER]);
    const good = { ...fromGate, 'x-api-key': KEY };
    const open = (query = '', headers: Record<string, string> = fromGate, protocols: string[] = []) =>
      refusal(openSocket(world.origin, query, headers, protocols));
    assert.deepEqual(await open('', {}), [403, 'secret_missing']);
    assert.deepEqual(await open(), [401, 'key_missing']);
    assert.deepEqual(await open('', { ...fromGate, authorization: 'Bearer wrong' }), [401, 'key_invalid']);
    assert.deepEqual(await open('', fromGate, ['gatehouse']), [401, 'key_missing']);
    assert.deepEqual(await open('', fromGate, ['gatehouse', 'key.wrong']), [401, 'key_invalid']);
    assert.deepEqual(await open('', fromGate, ['gatehouse', 'key.%E0%A4%A']), [401, 'key_invalid']);
    // Never in the address, which is logged everywhere.
    assert.deepEqual(await open(`?key=${encodeURIComponent(KEY)}`), [401, 'key_missing']);
    assert.deepEqual(await open('?after=x', good), [400, 'query_invalid']);
    assert.deepEqual(await open('?types=foo', good), [400, 'query_invalid']);
    assert.deepEqual(await open('?limit=5', good), [400, 'query_invalid']);
    assert.deepEqual(await open('?after=1&after=2', good), [400, 'query_invalid']);
  });

  it('takes the key as a header, or as a browser can send it, and tells it nobody', async () => {
    await using world = await startWorld(bridge, [KEY, OTHER]);
    const protocol = `key.${encodeURIComponent(KEY).replace(/[()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`;
    const ways: [Record<string, string>, string[]][] = [
      [{ authorization: `Bearer ${OTHER}` }, []],
      [{ 'x-api-key': KEY }, []],
      [{}, ['gatehouse', `key.${OTHER}`]],
      [{}, [protocol, 'gatehouse']],
      // A browser that knows a password sends it along; what the page says counts.
      [{ authorization: 'Basic eDp5' }, ['gatehouse', protocol]],
    ];
    for (const [headers, protocols] of ways) {
      await using reader = await openSocket(world.origin, '', { ...fromGate, ...headers }, protocols);
      assert.equal(reader.socket.protocol, protocols.length === 0 ? '' : 'gatehouse');
    }
    assert.ok(!world.logged.join('').includes(OTHER));
  });

  it('lets no page of another site use a password that a browser keeps', async () => {
    await using world = await startWorld(bridge, [OTHER]);
    const password = { authorization: `Basic ${Buffer.from(`:${OTHER}`).toString('base64')}` };
    const host = new URL(world.origin).host;
    await using own = await openSocket(world.origin, '', {
      ...fromGate,
      ...password,
      origin: `http://${host}`,
    });
    assert.equal(own.socket.protocol, '');
    const foreign = openSocket(world.origin, '', {
      ...fromGate,
      ...password,
      origin: 'https://evil.example',
    });
    assert.deepEqual(await refusal(foreign), [403, 'origin_refused']);
  });

  it('answers what is no WebSocket, or a broken handshake, with a problem document', async () => {
    await using world = await startWorld(bridge);
    const { status, body } = await request(world.origin).get('/ws').set(fromGate);
    assert.deepEqual([status, body.code], [400, 'upgrade_refused']);
    const { hostname, port } = new URL(world.origin);
    for (const [line, code] of [
      ['GET /ws HTTP/1.1\r\nsec-websocket-version: 7', 'upgrade_refused'],
      ['POST /ws HTTP/1.1\r\nsec-websocket-version: 13', 'upgrade_refused'],
      ['GET /ws/x HTTP/1.1\r\nsec-websocket-version: 13', 'not_found'],
      ['GET /api/events HTTP/1.1\r\nsec-websocket-version: 13', 'not_found'],
    ]) {
      const socket = connect(Number(port), hostname);
      const head = Object.entries({ ...fromGate, host: 'h', connection: 'Upgrade', upgrade: 'websocket' })
        .map(([name, value]) => `${name}: ${value}`)
        .join('\r\n');
      socket.write(`${line}\r\n${head}\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
      let text = '';
      socket.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      await once(socket, 'close');
      assert.match(text, /^HTTP\/1\.1 40[04] .*\r\n/);
      assert.match(text, new RegExp(`"code":"${code}"`), text);
    }
  });

  it('only sends: what a client says ends it with 1008, and more than a little with 1009', async () => {
    await using world = await startWorld(bridge);
    for (const [said, code] of [
      ['{"ack":1}', 1008],
      [Buffer.from('x'), 1008],
      ['x'.repeat(2_000), 1009],
    ] as const) {
      await using reader = await openSocket(world.origin, '', fromGate);
      reader.socket.send(said);
      assert.equal((await reader.closed).code, code);
    }
  });

  it('compresses nothing, whatever is offered', async () => {
    await using world = await startWorld(bridge);
    await using reader = await openSocket(world.origin, '', fromGate);
    assert.equal(reader.socket.extensions, '');
  });

  it('pings, keeps those that answer, and lets go of those that do not', async () => {
    // The test moves this clock itself: a busy machine must not bring the next ping before a pong has arrived.
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      await using server = await LogServer.start(await freshSqlite(), { pingMs: 1_000 });
      await using alive = await openSocket(server.origin, '', fromGate);
      await using dead = await openSocket(server.origin, '', fromGate);
      // Gone without a word, as far as the server can tell.
      dead.socket.pause();
      for (let pings = 1; pings <= 5; pings += 1) {
        const pinged = once(alive.socket, 'ping');
        mock.timers.tick(1_000);
        await pinged;
        // The pong is on its way before this request, and so it arrives before the answer.
        await request(server.origin).get('/api/events?limit=1').expect(200);
      }
      dead.socket.resume();
      assert.equal((await dead.closed).code, 1006);
      await server.append([call('a')]);
      assert.equal((await alive.next()).data.call_id, 'a');
    } finally {
      mock.timers.reset();
    }
  });

  it('says 1001 when the api stops, and does not wait for those that do not answer', async () => {
    await using server = await LogServer.start(await freshSqlite(), { closeMs: 100 });
    // More than the network holds.
    await server.append(calls(120, '', 'y'.repeat(100_000)));
    await using reader = await openSocket(server.origin, '', fromGate);
    await using stalled = await openSocket(server.origin, '?after=0', fromGate);
    stalled.socket.pause();
    await server.close(600_000); // Longer than the test may take: it does not wait for the grace.
    assert.equal((await reader.closed).code, 1001);
  });
});
