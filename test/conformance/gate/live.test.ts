import assert from 'node:assert/strict';
import request from 'supertest';
import { KitError } from '../../../services/contract/errors.ts';
import { freePort } from '../../support/free-port.ts';
import { describeGates } from '../../support/gate/describe-gates.ts';
import { shareGate } from '../../support/gate/share-gate.ts';
import { echo, exchangeRaw, startUpstream } from '../../support/gate/test-gate.ts';

describeGates('gate, GET /health/live', ({ startTestGate }) => {
  // Nothing listens behind this gate.
  const gate = shareGate({
    startTestGate: async () => startTestGate({ host: '127.0.0.1', port: await freePort() }),
  });

  it('is 200 whatever stands behind the gate', async () => {
    const { body } = await request(gate.origin)
      .get('/health/live')
      .expect(200)
      .expect('cache-control', 'no-store');

    assert.deepEqual(body, { status: 'live' });
    await request(gate.origin).head('/health/live').expect(200);
  });

  it('answers 405 to other methods', async () => {
    await request(gate.origin).post('/health/live').expect(405);
  });

  it('answers HEAD without a body', async () => {
    const { body, status } = await exchangeRaw(
      gate.port,
      'HEAD /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    assert.deepEqual([status, body], [200, '']);
  });
});

describeGates('gate, a port that is taken', ({ startTestGate }) => {
  it('throws port_busy', async () => {
    await using upstream = await startUpstream(echo);
    await assert.rejects(
      startTestGate(upstream, { listen: upstream }),
      (error) => error instanceof KitError && error.code === 'port_busy',
    );
  });
});
