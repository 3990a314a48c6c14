import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { ERRORS } from '../../../../services/contract/errors.ts';
import { ADMISSION_PATH } from '../../../../services/contract/internal.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import {
  exchangeRaw,
  parseResponse,
  RawClient,
  route,
  SECRET,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

const KEY = 'the-key-of-this-test';
const LARGE = 300_000;
/** Of a chunked body, the head of its chunk and some of it: the gate in Node sends on a request with its first byte. */
const FIRST = 12;
/** Bodies of each size and framing; only the first ones fit into the memory of nginx. */
const BODIES: readonly { readonly name: string; readonly head: string; readonly body: string }[] = [
  { name: 'a small body', head: 'Content-Length: 15', body: 'hello, receiver' },
  { name: 'a body of 64,999 bytes', head: 'Content-Length: 64999', body: 's'.repeat(64_999) },
  { name: 'a large body', head: `Content-Length: ${LARGE}`, body: 'l'.repeat(LARGE) },
  {
    name: 'a chunked body',
    head: 'Transfer-Encoding: chunked',
    body: `${LARGE.toString(16)}\r\n${'c'.repeat(LARGE)}\r\n0\r\n\r\n`,
  },
];

describeGates('gate, of a request with a body for a service that wants a key', (gate) => {
  /** Knows one key, and notes each body that reached it. */
  const startService = (port = 0) => {
    const bodies: number[] = [];
    const listener: RequestListener = (request, response) => {
      assert.equal(request.headers['x-gatehouse-secret'], SECRET);
      const isKeyed = request.headers['x-api-key'] === KEY;
      if (!isKeyed) {
        const code = request.headers['x-api-key'] === undefined ? 'key_missing' : 'key_invalid';
        response.writeHead(401, {
          'content-type': 'application/problem+json',
          'www-authenticate': 'Bearer realm="gatehouse"',
        });
        response.end(JSON.stringify({ code, status: 401 }));
      } else if (request.url === ADMISSION_PATH) response.writeHead(204).end();
      else {
        let bytes = 0;
        request.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        request.on('end', () => {
          bodies.push(bytes);
          response.end(JSON.stringify({ url: request.url, bytes }));
        });
      }
    };
    return startUpstream(listener, port).then((upstream) => ({ upstream, bodies }));
  };
  const keyed = (upstream: { host: string; port: number }) => ({
    routes: [route(upstream, { keyed: true })],
  });
  const post = (headers: string) => `POST /api/send?a=%20b HTTP/1.1\r\nHost: kit\r\n${headers}\r\n\r\n`;

  for (const { name, head, body } of BODIES) {
    it(`answers 401 to ${name} without a key while the body is still to come, and the service gets none of it`, async () => {
      const { upstream, bodies } = await startService();
      await using _service = upstream;
      await using world = await gate.startTestGate(upstream, keyed(upstream));
      for (const [header, code] of [
        ['X-Other: 1', 'key_missing'],
        ['X-Api-Key: wrong', 'key_invalid'],
      ] as const) {
        using client = new RawClient(world.port);
        client.send(post(`${head}\r\n${header}`)).send(body.slice(0, FIRST));
        const answer = parseResponse(await client.until(/"code":"key_\w+".*\}/s));
        assert.deepEqual([answer.status, answer.code], [401, code]);
        assert.match(answer.head, /^www-authenticate: Bearer/im);
      }
      assert.deepEqual(bodies, []);
    });

    it(`passes ${name} of a holder of a key, once`, async () => {
      const { upstream, bodies } = await startService();
      await using _service = upstream;
      await using world = await gate.startTestGate(upstream, keyed(upstream));
      const answer = await exchangeRaw(world.port, `${post(`${head}\r\nX-Api-Key: ${KEY}`)}${body}`);
      assert.equal(answer.status, 200);
      assert.match(answer.body, /"url":"\/api\/send\?a=%20b"/);
      assert.deepEqual(bodies, [name === 'a small body' ? 15 : name.includes('64,999') ? 64_999 : LARGE]);
    });

    it(`holds ${name} while the service is away`, async () => {
      const gone = await startService();
      const { port } = gone.upstream;
      await gone.upstream[Symbol.asyncDispose]();
      await using world = await gate.startTestGate({ host: '127.0.0.1', port }, keyed(gone.upstream));
      using client = new RawClient(world.port);
      client.send(`${post(`${head}\r\nX-Api-Key: ${KEY}`)}${body}`);
      using stranger = new RawClient(world.port);
      stranger.send(post(head)).send(body.slice(0, FIRST));
      await waitFor(
        () => client.socket.bytesWritten > 0 && stranger.socket.bytesWritten > 0,
        'both to be sent',
      );
      const { upstream, bodies } = await startService(port);
      await using _service = upstream;
      assert.equal(parseResponse(await client.until(/"bytes":\d+\}/)).status, 200);
      assert.equal(bodies.length, 1);
      assert.equal(parseResponse(await stranger.until(/"code":"key_missing".*\}/s)).status, 401);
    });
  }

  it('answers 503 with Retry-After when the service stays away, and the body was not read', async () => {
    // Nobody listens there; the port of a service that has ended could be taken by another test.
    const nobody = { host: '127.0.0.1', port: 1 };
    await using world = await gate.startTestGate(nobody, {
      ...keyed(nobody),
      limits: { holdMs: 200 },
    });
    using client = new RawClient(world.port);
    client.send(post(`Content-Length: ${LARGE}\r\nX-Api-Key: ${KEY}`));
    const answer = parseResponse(await client.until(/"code":"service_unavailable".*\}/s));
    assert.equal(answer.status, 503);
    assert.match(answer.head, /^retry-after: 1$/im);
  });

  for (const code of ['key_missing', 'key_invalid', 'origin_refused', 'too_many_failures'] as const)
    it(`passes the refusal ${code} on, with its status and Retry-After`, async () => {
      const { status, retryAfterS } = ERRORS[code];
      const refusal: RequestListener = (_request, response) => {
        if (retryAfterS !== undefined) response.setHeader('retry-after', retryAfterS);
        response.writeHead(status, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify({ code, status }));
      };
      await using upstream = await startUpstream(refusal);
      await using world = await gate.startTestGate(upstream, keyed(upstream));
      const answer = await exchangeRaw(world.port, `${post('Content-Length: 5')}hello`);
      assert.deepEqual([answer.status, answer.code], [status, code]);
      assert.equal(/^retry-after: (\d+)$/im.exec(answer.head)?.[1], retryAfterS?.toString());
    });

  it('asks nothing for a request without a body', async () => {
    const asked: string[] = [];
    await using upstream = await startUpstream((request, response) => {
      asked.push(request.url ?? '');
      response.end('ok');
    });
    await using world = await gate.startTestGate(upstream, keyed(upstream));
    assert.equal(await (await fetch(`${world.origin}/api/list`)).text(), 'ok');
    assert.deepEqual(asked, ['/api/list']);
  });
});
