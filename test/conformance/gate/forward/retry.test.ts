import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import request from 'supertest';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { startUpstream } from '../../../support/gate/test-gate.ts';

describeGates('gate, an upstream that closes a connection as it is reused', ({ startTestGate, differs }) => {
  for (const [method, status] of [
    ['get', 200],
    ['put', 200],
    ['delete', 200],
    ['post', 502],
  ] as const) {
    it(`${status === 200 ? 'sends' : 'never sends'} a ${method.toUpperCase()} without a body again`, async () => {
      await using closing = await startClosingUpstream();
      await using gate = await startTestGate(closing.upstream);
      await request(gate.origin).get('/api').expect(200);

      await request(gate.origin)[method]('/api').expect(status);

      assert.equal(closing.reused, 1);
    });
  }

  it('never sends a POST with a body again, nor any other where the gate does not hold it', async () => {
    await using closing = await startClosingUpstream();
    await using gate = await startTestGate(closing.upstream);
    await request(gate.origin).get('/api').expect(200);

    await request(gate.origin)
      .put('/api')
      .send('body')
      .expect(differs('reused', { node: 502, nginx: 200 }));
    await request(gate.origin).get('/api').expect(200);
    await request(gate.origin).post('/api').send('body').expect(502);
  });

  it('sends none again when a byte of an answer had come', async () => {
    await using closing = await startClosingUpstream('HTTP/1.1 200 OK\r\n');
    await using gate = await startTestGate(closing.upstream);
    await request(gate.origin).get('/api').expect(200);

    const { body } = await request(gate.origin)
      .get('/api')
      .expect(differs('reused', { node: 502, nginx: 200 }));

    if (differs('reused', { node: false, nginx: true })) return;
    assert.equal(body.code, 'service_refused');
    assert.match(body.detail, /^api /);
  });

  it('sends none again on a fresh connection: that is a service that fails on it', async () => {
    let requests = 0;
    await using upstream = await startUpstream((incoming) => {
      requests += 1;
      incoming.socket.destroy();
    });
    await using gate = await startTestGate(upstream);

    await request(gate.origin).get('/api').expect(502);

    assert.equal(requests, 1);
  });
});

/** Answers the first request of each connection, and closes on the second after some last words. */
async function startClosingUpstream(lastWords = '') {
  const seen = new WeakSet<Socket>();
  let reused = 0;
  const upstream = await startUpstream((incoming, response) => {
    if (!seen.has(incoming.socket)) {
      seen.add(incoming.socket);
      response.end('ok');
      return;
    }
    reused += 1;
    incoming.socket.end(lastWords);
  });
  return {
    upstream,
    get reused() {
      return reused;
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
