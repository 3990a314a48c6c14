import assert from 'node:assert/strict';
import request from 'supertest';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { exchangeRaw, RawClient } from '../../../support/gate/test-gate.ts';

describeGates('gate, forwarding', (gateUnderTest) => {
  const { differs } = gateUnderTest;
  const gate = shareGate(gateUnderTest);

  it('sends method, target, headers and body to the upstream as they came, and the answer back', async () => {
    const { body } = await request(gate.origin)
      .post('/api/messages?q=a%2Fb&c=%')
      .set('x-own', 'kept')
      .send('payload')
      .expect(200);

    assert.equal(body.method, 'POST');
    assert.equal(body.url, '/api/messages?q=a%2Fb&c=%');
    assert.equal(body.headers['x-own'], 'kept');
    assert.equal(body.body, 'payload');
  });

  it('passes a chunked body', async () => {
    const { status, body } = await exchangeRaw(
      gate.port,
      'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );

    assert.equal(status, 200);
    assert.match(body, /"body":"abcde"/);
  });

  it('passes a GET with a body, and keeps to its end on a shared connection', async () => {
    using client = new RawClient(gate.port);

    client.send('GET /api/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /');
    await client.until(/"body":"GET \/"/);
    const received = await client.send('GET /api/2 HTTP/1.1\r\nHost: h\r\n\r\n').until(/"url":"\/api\/2"/);

    assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 2);
  });

  it('passes an empty POST with its length', async () => {
    const { body } = await exchangeRaw(
      gate.port,
      'POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n',
    );

    assert.match(body, /"content-length":"0"/);
  });

  it('reads all header lines, however many there are', async () => {
    const many = 'a:\r\n'.repeat(1_500);

    const { status, code } = await exchangeRaw(
      gate.port,
      `GET /api HTTP/1.1\r\nHost: h\r\n${many}Host: other\r\n\r\n`,
    );

    assert.deepEqual(
      [status, code],
      differs('headerLines', { node: [400, 'host_invalid'], nginx: [431, 'headers_too_large'] }),
    );
  });

  it('passes status, reason and repeated headers of the upstream', async () => {
    gate.answerWith((_request, response) => {
      response.writeHead(418, 'Short and stout', ['Set-Cookie', 'a=1', 'X-Other', 'x', 'Set-Cookie', 'b=2']);
      response.end('tea');
    });

    const { head, body } = await exchangeRaw(gate.port, 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n');

    assert.match(
      head,
      /^HTTP\/1\.1 418 Short and stout\r\n(?:.*\r\n)*Set-Cookie: a=1\r\nX-Other: x\r\nSet-Cookie: b=2\r\n/,
    );
    assert.match(body, /tea/);
  });

  it('answers 404 for what no route names', async () => {
    const { body } = await request(gate.origin)
      .get('/apix')
      .expect(404)
      .expect('content-type', 'application/problem+json');

    assert.equal(body.code, 'route_unknown');
    assert.match(body.request_id, differs('requestId', { node: /^[0-9a-f-]{36}$/, nginx: /^[0-9a-f]{32}$/ }));
  });

  it('answers HEAD, 204 and 304 without a body, and keeps the connection', async () => {
    gate.answerWith((incoming, response) => {
      const status = Number(incoming.url?.split('/').at(-1));
      response
        .writeHead(status, status === 200 ? { 'content-length': 5 } : {})
        .end(status === 200 ? 'hello' : undefined);
    });
    const agent = request.agent(gate.origin);

    await agent.head('/api/200').expect(200).expect('content-length', '5');
    await agent.get('/api/204').expect(204);
    await agent.get('/api/304').expect(304);
  });
});
