import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Gate } from '../../../../services/gate/contract/gate.ts';
import { hostileGateOptions } from '../../../hostile/arena.ts';
import { GATES } from '../../../support/gate/gates.ts';
import {
  exchangeRaw,
  RawClient,
  startUpstream,
  type Upstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

const HOST = 'Host: h\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';
const SMUGGLED = `GET /api/smuggled HTTP/1.1\r\n${HOST}\r\n`;

/** What hostile bytes have brought to light, each in its smallest form. */
for (const kind of GATES) {
  describe(`requests behind each other on one connection (${kind.name} gate)`, () => {
    let upstream: Upstream;
    let gate: Gate;
    let seen: string[] = [];
    let answerSlow = (): void => undefined;
    const listener: RequestListener = (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      if (request.url === '/api/slow') {
        response.writeHead(200, { 'content-length': 4 }).flushHeaders();
        answerSlow = () => response.end('slow');
      } else request.on('end', () => response.end('quick'));
    };
    before(async () => {
      upstream = await startUpstream(listener);
      gate = await kind.start(hostileGateOptions(upstream));
    });
    beforeEach(() => {
      seen = [];
    });
    after(async () => {
      await gate[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    });

    /** Waits until the gate, and the upstream, have dealt with all that came before. */
    async function barrier(): Promise<void> {
      const { status } = await exchangeRaw(gate.port, `GET /health HTTP/1.1\r\n${HOST}\r\n`);
      assert.equal(status, 200);
      seen = seen.filter((what) => what !== 'GET /health');
    }

    /**
     * Sends a first piece, lets the slow answer end once it is under way, sends the others one by one once an answer has
     * come, and returns all that comes until so many answers.
     */
    async function exchange(answers: number, first: string, ...others: string[]): Promise<string> {
      using client = new RawClient(gate.port);
      const received = (count: number) => (client.received.match(/HTTP\/1\.1 [2-5]/g)?.length ?? 0) >= count;
      client.send(first);
      if (first.includes('/api/slow')) {
        await waitFor(() => seen.includes('GET /api/slow'), 'the slow request');
        await barrier();
        answerSlow();
      }
      for (const piece of others) {
        await client.wait(() => client.isClosed || received(1), 'an answer');
        await barrier();
        if (client.socket.writable) client.send(piece);
      }
      await client.wait(() => client.isClosed || received(answers), `${answers} answers`);
      client.socket.end();
      await client.untilClosed();
      await barrier();
      return client.received;
    }

    it('does not take the body of a request for a request, behind an offer to upgrade that it ignores', async () => {
      await exchange(
        2,
        `GET /api/1 HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nPOST /api/2 HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n`,
        SMUGGLED,
      );

      assert.ok(!seen.includes('GET /api/smuggled'), String(seen));
    });

    it('reads nothing behind a request whose framing it refuses, be it while it answers another', async () => {
      await exchange(
        2,
        `GET /api/slow HTTP/1.1\r\n${HOST}\r\nPOST /api/1 HTTP/1.1\r\n${HOST}Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      );

      assert.deepEqual(seen, ['GET /api/slow']);
    });

    for (const [what, refused, status] of [
      ['CONNECT', `CONNECT h:1 HTTP/1.1\r\n${HOST}\r\n`, '40[05]'],
      [
        'an upgrade that it refuses',
        `GET /api/x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
        '400',
      ],
      ['a body whose chunks are none', `POST /api/x HTTP/1.1\r\n${HOST}${CHUNKED}x\r\n`, '400'],
      ['a request that is no HTTP', '\0\r\n\r\n', '400'],
    ] as const) {
      it(`answers ${what} after what was asked before`, async () => {
        const received = await exchange(2, `GET /api/slow HTTP/1.1\r\n${HOST}\r\n${refused}`);

        assert.match(received, /^HTTP\/1\.1 200 [\s\S]*?\r\n\r\nslow/);
        const { 1: second } = received.split('\r\n\r\nslow');
        if (second !== '') assert.match(second ?? '', new RegExp(`^HTTP/1\\.1 ${status} `));
        else assert.equal(what, 'a request that is no HTTP');
      });
    }

    it('says 100 Continue in its turn, and not within an answer', async () => {
      const received = await exchange(
        2,
        `GET /api/slow HTTP/1.1\r\n${HOST}\r\nPUT /api/x HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab`,
      );

      assert.match(
        received,
        /\r\n\r\nslow(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 200 (?:(?!HTTP\/)[\s\S])*?\r\n\r\n(?:5\r\n)?quick/,
      );
    });

    it('answers a request once, though its body breaks off after that', async () => {
      const received = await exchange(1, `GET /health/live HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nx`);

      assert.equal(received.match(/HTTP\/1\.1 /g)?.length, 1, received);
    });

    it('answers HEAD without a body, an upgrade too', async () => {
      const received = await exchange(
        1,
        `HEAD /api/x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      );

      assert.match(received, /^HTTP\/1\.1 400 [\s\S]*\r\n\r\n$/);
    });

    it('refuses a foreign authority also behind two spaces', async () => {
      const received = await exchange(1, `GET  http://evil/api/x HTTP/1.1\r\n${HOST}\r\n`);

      assert.match(received, /^HTTP\/1\.1 400 /);
      assert.deepEqual(seen, []);
    });
  });
}
