import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { beside, LONG_BYTES, passElsewhere, writeLong } from '../../../support/gate/long-bodies.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { exchangeRaw, RawClient, waitFor } from '../../../support/gate/test-gate.ts';

/** Far more than sockets and streams hold between an upstream and a client on loopback. */
const IN_FLIGHT_BYTES = 30 * 1024 * 1024;

describeGates('gate, streaming', (gateUnderTest) => {
  const { differs, name } = gateUnderTest;
  const gate = shareGate(gateUnderTest, () => ({ limits: { maxBodyBytes: LONG_BYTES } }));

  it('reads the upstream no faster than a slow client reads', async () => {
    let written = 0;
    const listener: RequestListener = (_request, response) => {
      writeLong(response, (bytes) => {
        written += bytes;
      });
    };
    gate.answerWith(beside(listener));
    using client = new RawClient(gate.port);
    client.socket.pause();

    client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    await waitFor(() => written > 0, 'the beginning of the answer');
    await passElsewhere(gate.port);

    assert.ok(written > 0 && written < IN_FLIGHT_BYTES, `${written} bytes were written`);
  });

  const readsNoFaster = differs('buffered', {
    node: 'reads a client no faster than a slow upstream reads',
    nginx: 'reads a body whole before it asks the upstream',
  });
  it(readsNoFaster, async () => {
    let sent = 0;
    let requests = 0;
    const listener: RequestListener = (request) => {
      requests += 1;
      request.pause();
    };
    gate.answerWith(beside(listener));
    const request = httpRequest({
      port: gate.port,
      host: '127.0.0.1',
      path: '/api',
      method: 'POST',
      headers: { 'content-length': LONG_BYTES },
    });
    request.on('error', () => request.destroy());

    writeLong(request, (bytes) => {
      sent += bytes;
    });
    await waitFor(() => requests === 1, 'the request to reach the upstream');
    if (name === 'node') await passElsewhere(gate.port);
    request.destroy();

    if (name === 'node') assert.ok(sent > 0 && sent < IN_FLIGHT_BYTES, `${sent} bytes were sent`);
    else assert.equal(sent, LONG_BYTES);
  });

  it('passes 48 MB to a reader that stops and goes, whole', async () => {
    gate.answerWith((_request, response) => writeLong(response, () => undefined));
    const request = httpRequest({ port: gate.port, host: '127.0.0.1', path: '/api' }).end();
    const [response]: IncomingMessage[] = await once(request, 'response');
    let received = 0;

    response?.on('data', (chunk: Buffer) => {
      received += chunk.length;
      response.pause();
      setImmediate(() => response.resume());
    });
    if (response !== undefined) await once(response, 'end');

    assert.equal(received, LONG_BYTES);
  });

  it('sends the head at once when the body is long in coming', async () => {
    gate.answerWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    });
    using client = new RawClient(gate.port);

    await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/200 OK[\s\S]*\r\n\r\n/);
  });

  it('aborts the upstream when the client goes amid the answer', async () => {
    let isGone = false;
    gate.answerWith((_request, response) => {
      response.on('close', () => {
        isGone = true;
      });
      response.write('first');
    });
    using client = new RawClient(gate.port);

    await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/first/);
    client.socket.destroy();

    await waitFor(() => isGone, 'the upstream to lose its client');
  });

  it('aborts the upstream when the client goes before the answer', async () => {
    let answer: ServerResponse | undefined;
    gate.answerWith((_request, response) => {
      answer = response;
    });
    using client = new RawClient(gate.port);

    client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    await waitFor(() => answer !== undefined, 'the request to arrive');
    client.socket.destroy();

    await waitFor(() => answer?.destroyed === true, 'the upstream to lose its client');
  });

  it('aborts the upstream when the client goes amid its body', async () => {
    let error: Error | undefined;
    let requests = 0;
    gate.answerWith((request) => {
      requests += 1;
      request.resume();
      request.on('error', (thrown) => {
        error = thrown;
      });
    });
    using client = new RawClient(gate.port);
    const arrived = differs('buffered', { node: once(gate.upstream.server, 'request'), nginx: undefined });

    client.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome');
    await arrived;
    client.socket.destroy();

    if (arrived !== undefined) await waitFor(() => error !== undefined, 'the upstream to see the abort');
    await exchangeRaw(gate.port, 'GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal(requests, arrived === undefined ? 0 : 1);
  });

  for (const framing of ['content-length', 'chunked', 'HTTP/1.0'] as const) {
    it(`destroys the connection when the upstream truncates a body (${framing})`, async () => {
      gate.answerWith((_request, response) => {
        if (framing === 'content-length') response.setHeader('content-length', 100);
        response.write('half', () => response.destroy());
      });
      using client = new RawClient(gate.port);
      const errors: Error[] = [];
      client.socket.on('error', (error) => errors.push(error));

      const version = framing === 'HTTP/1.0' ? '1.0' : '1.1';
      const received = await client.send(`GET /api HTTP/${version}\r\nHost: h\r\n\r\n`).untilClosed();

      assert.doesNotMatch(received, /\r\n0\r\n\r\n$/);
      if (framing === 'HTTP/1.0')
        assert.equal(
          errors.length,
          differs('truncated', { node: 1, nginx: 0 }),
          'a plain end would look like the end of the body',
        );
    });
  }

  it('leaves no half of a chunked DELETE behind on the upstream connection (CVE-2026-29057)', async () => {
    const seen: string[] = [];
    const ports = new Set<number | undefined>();
    gate.answerWith((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      ports.add(request.socket.remotePort);
      request.resume().on('end', () => response.end('ok'));
    });
    const smuggled = 'GET /internal/x HTTP/1.1\r\nHost: h\r\n\r\n';

    const text = `DELETE /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    await exchangeRaw(gate.port, text);
    await exchangeRaw(gate.port, 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n');

    assert.deepEqual(seen, ['DELETE /api', 'GET /api']);
    // What is read whole first is framed anew, and leaves no doubt.
    assert.equal(ports.size, differs('buffered', { node: 2, nginx: 1 }));
  });

  it('passes an answer that comes before the body has, and closes', async () => {
    gate.answerWith((_request, response) => response.writeHead(403).end('early'));
    using client = new RawClient(gate.port);

    client.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\nsome');
    if (differs('buffered', { node: false, nginx: true })) client.send('x'.repeat(499_996));
    const received = await client.until(/early/);

    assert.match(received, /^HTTP\/1\.1 403 /);
    if (name === 'node') assert.match(received, /^connection: close$/im);
  });

  it('answers pipelined requests in their order', async () => {
    gate.answerWith((request, response) => response.end(`<${request.url}>`));
    using client = new RawClient(gate.port);

    client.send(
      'GET /api/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: h\r\n\r\nGET /api/3 HTTP/1.1\r\nHost: h\r\n\r\n',
    );
    const received = await client.until(/<\/api\/3>/);

    assert.match(received, /<\/api\/1>[\s\S]*route_unknown[\s\S]*<\/api\/3>/);
  });
});
