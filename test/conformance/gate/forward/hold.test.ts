import assert from 'node:assert/strict';
import request from 'supertest';
import { freePort } from '../../../support/free-port.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { echo, RawClient, route, startUpstream, waitFor } from '../../../support/gate/test-gate.ts';

describeGates('gate, while the api restarts', ({ startTestGate }) => {
  it('holds a POST until the service accepts again, and delivers its body', async () => {
    const port = await freePort();
    await using gate = await startTestGate({ host: '127.0.0.1', port }, { limits: { holdMs: 60_000 } });
    const held = request(gate.origin)
      .post('/api')
      .send('payload')
      .then((response) => response);
    await request(gate.origin).get('/health/live').expect(200);

    await using _upstream = await startUpstream(echo, port);
    const { status, body } = await held;

    assert.equal(status, 200);
    assert.equal(body.body, 'payload');
  });

  it('answers 503 with Retry-After, and never 502, when the hold expires', async () => {
    await using gate = await startTestGate(
      { host: '127.0.0.1', port: await freePort() },
      { limits: { holdMs: 200 } },
    );
    const startedMs = performance.now();

    const { body } = await request(gate.origin).get('/api').expect(503).expect('retry-after', /^\d+$/);

    assert.ok(performance.now() - startedMs >= 190);
    assert.equal(body.code, 'service_unavailable');
    assert.match(body.detail, /^api /);
    assert.doesNotMatch(JSON.stringify(body), /127\.0\.0\.1/);
  });

  it('answers 503 at once on a route that does not hold', async () => {
    const upstream = { host: '127.0.0.1', port: await freePort() };
    await using gate = await startTestGate(upstream, {
      routes: [route(upstream, { holds: false })],
      limits: { holdMs: 60_000 },
    });

    await request(gate.origin).get('/api').expect(503);
    await request(gate.origin).get('/api').expect(503);
  });

  it('holds 500 requests at once and delivers each', async () => {
    const port = await freePort();
    await using gate = await startTestGate({ host: '127.0.0.1', port }, { limits: { holdMs: 60_000 } });
    const clients = Array.from({ length: 500 }, () =>
      new RawClient(gate.port).send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n'),
    );
    await request(gate.origin).get('/health/live').expect(200);

    await using _upstream = await startUpstream(echo, port);
    await Promise.all(clients.map((client) => client.until(/200 OK/)));

    for (const client of clients) client.socket.destroy();
  });

  it('drops a held request whose client goes away', async () => {
    const port = await freePort();
    let requests = 0;
    await using gate = await startTestGate({ host: '127.0.0.1', port }, { limits: { holdMs: 60_000 } });
    const client = new RawClient(gate.port).send('GET /api/gone HTTP/1.1\r\nHost: h\r\n\r\n');
    await waitFor(() => client.socket.bytesWritten > 0, 'the request to leave');
    await request(gate.origin).get('/health/live').expect(200);
    client.socket.destroy();
    await request(gate.origin).get('/health/live').expect(200);

    await using _upstream = await startUpstream((incoming, response) => {
      if (incoming.url === '/api/gone') requests += 1;
      response.end();
    }, port);
    await request(gate.origin).get('/api/next').expect(200);

    assert.equal(requests, 0);
  });
});
