import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { countRefusals } from '../../../support/gate/count-refusals.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { exchangeRaw, RawClient, startUpstream } from '../../../support/gate/test-gate.ts';

const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';

describeGates('gate, the edges of an exchange', (gateUnderTest) => {
  const { differs, startTestGate } = gateUnderTest;
  const gate = shareGate(gateUnderTest);

  it('drops trailers, both ways (RFC 9110 §6.5.1)', async () => {
    let trailers: unknown;
    gate.answerWith((request, response) => {
      request.resume().on('end', () => {
        trailers = request.trailers;
        response.writeHead(200, { trailer: 'x-after' });
        response.write('body');
        response.addTrailers({ 'x-after': 'a secret of the service' });
        response.end();
      });
    });
    using client = new RawClient(gate.port);
    client.send(
      'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Gatehouse-Secret\r\n\r\n' +
        '4\r\nbody\r\n0\r\nX-Gatehouse-Secret: forged\r\n\r\n',
    );
    const received = await client.until(/\r\n0\r\n\r\n$/);
    assert.deepEqual(trailers, {});
    assert.doesNotMatch(received, /x-after|trailer/i);
  });

  it('ends an answer to HTTP/1.0 with the connection, without a coding (RFC 9112 §6.1)', async () => {
    gate.answerWith((_request, response) => {
      response.write('one ');
      response.end('two');
    });
    using client = new RawClient(gate.port);
    const received = await client.send('GET /api HTTP/1.0\r\nHost: h\r\n\r\n').untilClosed();
    assert.match(received, /\r\n\r\none two$/);
    assert.doesNotMatch(received, /transfer-encoding/i);
  });

  it('sees one request where a chunk ends in a bare LF (CVE-2025-22871)', async () => {
    const seen: string[] = [];
    gate.answerWith((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.on('error', () => response.destroy());
      request.resume().on('end', () => response.end('ok'));
    });
    using client = new RawClient(gate.port);
    client.send(
      'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '5\nhello\r\n0\r\n\r\nGET /internal HTTP/1.1\r\nHost: h\r\n\r\n',
    );
    await client.until(/HTTP\/1\.1 \d{3}/);
    assert.ok(
      seen.every((line) => line === 'POST /api'),
      seen.join(),
    );
  });

  const broken: readonly (readonly [what: string, headers: string, body: string])[] = [
    ['two lengths (RFC 9112 §6.3)', 'Content-Length: 2\r\nContent-Length: 3\r\n', 'ok!'],
    ['a length that is no number (RFC 9112 §6.3)', 'Content-Length: 2x\r\n', 'ok'],
    [
      'a length and a coding (RFC 9112 §6.1)',
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n',
      '0\r\n\r\n',
    ],
  ];
  for (const [what, headers, body] of differs('broken', { node: broken, nginx: [] })) {
    it(`answers 502 for a service whose answer has ${what}`, async () => {
      await using upstream = await startSaying(`HTTP/1.1 200 OK\r\n${headers}\r\n${body}`);
      await using before = await startTestGate(upstream);
      const { status, code } = await exchangeRaw(before.port, GET);
      assert.deepEqual([status, code], [502, 'service_refused']);
    });
  }

  it('finishes while it drains what waits for a service that restarts', async () => {
    await using upstream = await startUpstream((_request, response) => response.end('back'));
    const { port } = upstream;
    await upstream[Symbol.asyncDispose]();
    await using holding = await startTestGate({ host: '127.0.0.1', port }, { limits: { holdMs: 60_000 } });
    using client = new RawClient(holding.port);
    using refusals = countRefusals(port);
    client.send(GET);
    await refusals.until(2);

    const drained = holding.drain();
    await using _again = await startUpstream((_request, response) => response.end('back'), port);
    await drained;

    assert.match(await client.untilClosed(), /^HTTP\/1\.1 200 [\s\S]*back/);
  });
});

/** A service that says just this to whoever sends a byte. */
async function startSaying(text: string) {
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.write(text));
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
