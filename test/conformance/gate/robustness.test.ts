import assert from 'node:assert/strict';
import fc from 'fast-check';
import request from 'supertest';
import { describeGates } from '../../support/gate/describe-gates.ts';
import { shareGate } from '../../support/gate/share-gate.ts';
import { echo, exchangeRaw, RawClient, startUpstream, waitFor } from '../../support/gate/test-gate.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describeGates('gate, what must not bring it down', (gateUnderTest) => {
  const { differs, startTestGate } = gateUnderTest;
  const gate = shareGate(gateUnderTest);

  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST']) {
    it(`stands after a ${method} with a Trailer header`, async () => {
      const first = await exchangeRaw(
        gate.port,
        `${method} /api HTTP/1.1\r\nHost: h\r\nTrailer: X\r\nConnection: close\r\n\r\n`,
      );

      assert.equal(first.status, 200);
      assert.doesNotMatch(first.body, /"trailer"/);
      await request(gate.origin).get('/api').expect(200);
    });
  }

  it(`stands after 1,000 random requests (seed ${SEED})`, async () => {
    const texts = fc.sample(rawRequest, { numRuns: 1_000, seed: SEED });

    for (let index = 0; index < texts.length; index += 50) {
      await sendAndLeave(gate.port, texts.slice(index, index + 50));
    }

    await request(gate.origin).get('/api').expect(200);
    await request(gate.origin).get('/health/live').expect(200);
  });

  it(`ends the connection of each of 1,000 clients that send bytes of any kind and then end their side (seed ${SEED})`, async () => {
    const texts = fc.sample(anyRequest, { numRuns: 1_000, seed: SEED });

    for (let index = 0; index < texts.length; index += 20)
      await Promise.all(texts.slice(index, index + 20).map((text) => sendAndEnd(gate.port, text)));

    await request(gate.origin).get('/api').expect(200);
    await request(gate.origin).get('/health/live').expect(200);
  });

  it('stands when clients reset their connections amid requests and answers', async () => {
    gate.answerWith((_request, response) => {
      response.write('x'.repeat(100_000));
    });

    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        using client = new RawClient(gate.port);
        client.send(
          `POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${index % 2 === 0 ? 0 : 1_000}\r\n\r\nx`,
        );
        if (index % 2 === 0) await client.until(/200 OK/);
        client.socket.resetAndDestroy();
      }),
    );

    await request(gate.origin).get('/health/live').expect(200);
  });

  it('answers a broken upstream with 502, whatever it sends', async () => {
    const garbage = [
      'garbage\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
    ];
    for (const answer of ['', ...differs('broken', { node: garbage, nginx: [] })]) {
      await using upstream = await startUpstream(echo);
      upstream.server.removeAllListeners('connection');
      upstream.server.on('connection', (socket) => {
        socket.on('error', () => socket.destroy());
        socket.once('data', () => socket.end(answer));
      });
      await using before = await startTestGate(upstream);

      const { body } = await request(before.origin).get('/api').expect(502);

      assert.equal(body.code, 'service_refused');
      assert.doesNotMatch(JSON.stringify(body), new RegExp(`127\\.0\\.0\\.1|${upstream.port}`));
    }
  });
});

const token = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PATCH',
  'PRI',
  'X',
);
const pathPart = fc.constantFrom(
  '/',
  'api',
  'internal',
  '..',
  '.',
  '%2e',
  '%2f',
  '%00',
  '\\',
  ';',
  '#',
  '?',
  'health/live',
  '*',
  'http://h/',
  '%',
  'é',
);
const path = fc.array(pathPart, { maxLength: 6 }).map((parts) => `/${parts.join('')}`.slice(0, 200));
const headerLine = fc.oneof(
  fc.constantFrom(
    'Host: h',
    'Host: a b',
    'Trailer: X',
    'TE: trailers',
    'Connection: Upgrade',
    'Connection: close, x-own',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Expect: 100-continue',
    'Expect: x',
    'Content-Length: 3',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'X-Forwarded-For: 1.2.3.4',
    'Via: 1.1 gatehouse',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Keep-Alive: 5',
    'Proxy-Connection: x',
    'X-A: \x7f',
    'X-B: \xff\xfe',
    'Cookie: a=b',
    'Range: bytes=0-',
  ),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 12 }))
    .map(([name, value]) => `${name}: ${value}`),
);
const rawRequest = fc
  .tuple(
    token,
    path,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
    fc.array(headerLine, { maxLength: 8 }),
    fc.constantFrom('', 'abc', '3\r\nabc\r\n0\r\n\r\n', '0\r\nX: y\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'),
  )
  .map(
    ([method, target, version, lines, body]) =>
      `${method} ${target} ${version}\r\nHost: h\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
  );

/** Sends each text on a connection of its own, and leaves when later requests are answered. */
async function sendAndLeave(port: number, texts: readonly string[]): Promise<void> {
  const clients = texts.map((text) => new RawClient(port).send(text));
  await waitFor(() => clients.every(({ socket }) => !socket.connecting), 'the connections');
  for (const path of ['/health/live', '/api'])
    await exchangeRaw(port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
  for (const client of clients) client[Symbol.dispose]();
}

/** Sends a text, ends this side, and waits until the gate ends the other. */
async function sendAndEnd(port: number, text: string): Promise<void> {
  using client = new RawClient(port);
  client.socket.end(text, 'latin1');
  await client.untilClosed();
}

const junk = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 11 })
  .map((bytes) => String.fromCharCode(...bytes));
/** In Latin-1. Also methods, targets and names that are no HTTP. */
const anyRequest = fc
  .tuple(
    fc.oneof(token, fc.constant('BREW'), junk),
    fc.oneof(
      path,
      fc.constantFrom('*', '//x', '/%zz', 'http://a/b', '/api/events?after=1', '/api/'.repeat(40)),
      junk.map((bytes) => `/${bytes}`),
    ),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', ''),
    fc.array(
      fc.oneof(
        headerLine,
        fc.constantFrom('Host: b', 'Host:', 'Content-Length: 5'),
        fc.tuple(junk, junk).map(([name, value]) => `${name}: ${value}`),
      ),
      { maxLength: 5 },
    ),
    fc.constantFrom('', '', 'hello', '5\r\nhello\r\n0\r\n\r\n'),
  )
  .map(
    ([method, target, version, lines, body]) =>
      `${method} ${target} ${version}\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join('')}Connection: close\r\n\r\n${body}`,
  );
