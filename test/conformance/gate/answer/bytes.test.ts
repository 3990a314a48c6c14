import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { isRecentNginx } from '../../../support/gate/gates.ts';
import { type Script, saying } from '../../../support/gate/responses/scripted-service.ts';
import { shareScripted } from '../../../support/gate/responses/share-scripted.ts';
import { RawClient } from '../../../support/gate/test-gate.ts';

const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';
const UPGRADE =
  'GET /api HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

const LATIN1 = 'Pagina n\xe3o encontrada';
const UTF8 = Buffer.from('Página não encontrada ✓').toString('latin1');
/** Every byte that a reason phrase or a value may have. Source: RFC 9110 §5.5, RFC 9112 §4. */
const ALL_BYTES = `a${String.fromCharCode(9, ...range(0x20, 0x7e), ...range(0x80, 0xff))}z`;

const PHRASES: readonly (readonly [what: string, phrase: string])[] = [
  ['Latin-1, as Python sends it', LATIN1],
  ['UTF-8', UTF8],
  ['every byte that HTTP allows', ALL_BYTES],
  ['no character', ''],
  ['a thousand characters', '\xe3'.repeat(1_000)],
];

describeGates('gate, bytes of a response that HTTP allows', (gateUnderTest) => {
  const { differs, name } = gateUnderTest;
  const gate = shareScripted(gateUnderTest);

  /** What a client gets for a script, up to the end of the body `ok`. */
  async function receive(script: Script, request = GET, end = /ok(?:\r\n0\r\n\r\n)?$/): Promise<string> {
    gate.play(() => script);
    using client = new RawClient(gate.port);
    return await client.send(request).until(end);
  }

  for (const [what, phrase] of PHRASES) {
    it(`pass in a reason phrase: ${what}`, async () => {
      const received = await receive(saying(`HTTP/1.1 404 ${phrase}\r\nContent-Length: 2\r\n\r\nok`));
      assert.equal(statusLine(received), `HTTP/1.1 404 ${phrase}`);
    });

    it(`pass in the reason phrase of a refused upgrade: ${what}`, async () => {
      const script = saying(`HTTP/1.1 404 ${phrase}\r\nContent-Length: 2\r\n\r\nok`);
      assert.equal(statusLine(await receive(script, UPGRADE)), `HTTP/1.1 404 ${phrase}`);
    });
  }

  it('pass in a reason phrase that arrives in parts', async () => {
    const script = saying('HTTP/1.1 404 Pagina n', '\xe3', 'o encontrada\r\nContent-Length: 2\r\n\r\nok');
    assert.equal(statusLine(await receive(script)), `HTTP/1.1 404 ${LATIN1}`);
  });

  for (const [what, body] of [
    ['comes with its head', 'Content-Length: 2\r\n\r\nok'],
    ['comes in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['ends with the connection', '\r\nok'],
  ] as const) {
    it(`pass in a header whose body ${what}`, async () => {
      const head = `HTTP/1.1 200 OK\r\nX-Own: ${ALL_BYTES}\r\n`;
      assert.equal(headerOf(await receive(saying(`${head}${body}`)), 'x-own'), ALL_BYTES);
    });

    it(`pass in a header of a refused upgrade whose body ${what}`, async () => {
      const head = `HTTP/1.1 200 OK\r\nX-Own: ${ALL_BYTES}\r\n`;
      assert.equal(headerOf(await receive(saying(`${head}${body}`), UPGRADE), 'x-own'), ALL_BYTES);
    });
  }

  it('pass in a header whose body comes later', async () => {
    const head = `HTTP/1.1 200 OK\r\nX-Own: ${ALL_BYTES}\r\nContent-Length: 2\r\n\r\n`;
    assert.equal(headerOf(await receive(saying(head, 'ok')), 'x-own'), ALL_BYTES);
  });

  it('pass in a header of a response without a body', async () => {
    const script = saying(`HTTP/1.1 204 ${LATIN1}\r\nX-Own: ${ALL_BYTES}\r\n\r\n`);
    const received = await receive(script, GET, /\r\n\r\n$/);
    assert.deepEqual(
      [statusLine(received), headerOf(received, 'x-own')],
      [`HTTP/1.1 204 ${LATIN1}`, ALL_BYTES],
    );
  });

  it('pass in an interim response', async () => {
    const script = saying(
      `HTTP/1.1 103 ${LATIN1}\r\nX-Own: ${ALL_BYTES}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    );
    const received = await receive(script);
    const isPassed = differs('interim', { node: true, nginx: !isRecentNginx });
    if (!isPassed) assert.equal(statusLine(received), 'HTTP/1.1 200 OK');
    else
      assert.deepEqual(
        [statusLine(received), headerOf(received, 'x-own')],
        [`HTTP/1.1 103 ${LATIN1}`, ALL_BYTES],
      );
  });

  it('pass in a header of a switch to WebSockets', async () => {
    const script = saying(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Own: ${ALL_BYTES}\r\n\r\nok`,
    );
    assert.equal(headerOf(await receive(script, UPGRADE, /ok$/), 'x-own'), ALL_BYTES);
  });

  it('frames a refused upgrade, so that a client sees whether its body is whole', async () => {
    const received = await receive(saying('HTTP/1.0 403 No\r\n\r\nok'), UPGRADE);
    assert.equal(statusLine(received), 'HTTP/1.1 403 No');
    assert.match(received, /\r\n2\r\nok\r\n0\r\n\r\n$/, name);
  });
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function statusLine(received: string): string | undefined {
  return received.split('\r\n')[0];
}

function headerOf(received: string, name: string): string | undefined {
  return received
    .split('\r\n')
    .find((line) => line.toLowerCase().startsWith(`${name}: `))
    ?.slice(name.length + 2);
}
