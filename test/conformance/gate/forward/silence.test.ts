import assert from 'node:assert/strict';
import request from 'supertest';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { echo, route, startUpstream } from '../../../support/gate/test-gate.ts';

const silence = { afterMs: 300, code: 'supervisor_silent' } as const;

describeGates('gate, on a route with a limit of its own on silence', ({ startTestGate }) => {
  it('answers 503 supervisor_silent where the service takes the question and says nothing, and is itself alive', async () => {
    await using silent = await startUpstream(() => undefined);
    await using gate = await startTestGate(silent, {
      routes: [
        route(silent),
        route(silent, { service: 'supervisor', prefix: '/health', exact: true, holds: false, silence }),
      ],
    });
    const beganMs = performance.now();
    for (const ask of [request(gate.origin).get('/health'), request(gate.origin).get('/health?again')]) {
      const { body } = await ask.expect(503).expect('retry-after', /^\d+$/);
      assert.equal(body.code, 'supervisor_silent');
      assert.match(body.detail, /^supervisor /);
      assert.doesNotMatch(JSON.stringify(body), /127\.0\.0\.1/);
    }
    assert.ok(performance.now() - beganMs >= 2 * silence.afterMs - 20);
    await request(gate.origin)
      .head('/health')
      .expect(503)
      .expect('content-type', /problem/);
    await request(gate.origin).get('/health/live').expect(200);
  });

  it('answers 504 service_silent elsewhere, as before', async () => {
    await using silent = await startUpstream((incoming, response) => {
      if (incoming.url !== '/api/silent') echo(incoming, response);
    });
    await using gate = await startTestGate(silent, {
      limits: { upstreamTimeoutMs: 300, idleTimeoutMs: 300 },
    });
    const { body } = await request(gate.origin).get('/api/silent').expect(504);
    assert.equal(body.code, 'service_silent');
  });
});
