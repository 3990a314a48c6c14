import assert from 'node:assert/strict';
import { freePort } from '../../support/free-port.ts';
import { GATES } from '../../support/gate/gates.ts';
import { echo, startTestGate, startUpstream } from '../../support/gate/test-gate.ts';

for (const gate of GATES) {
  describe(`gate, requests that it has held (${gate.name} gate)`, () => {
    it('sends them on to where they were sent, query and all', async () => {
      const port = await freePort();
      await using running = await startTestGate(
        { host: '127.0.0.1', port },
        { limits: { holdMs: 60_000 } },
        gate.start,
      );
      const targets = ['/api/x?y=1', '/api/x%20y?z=%2F..&é=', '/api'].map(encodeURI);
      const asked = targets.flatMap((target) => [
        fetch(`${running.origin}${target}`),
        fetch(`${running.origin}${target}`, { method: 'POST', body: 'hello' }),
      ]);

      await using _upstream = await startUpstream(echo, port);

      const seen = await Promise.all(asked.map(async (answer) => (await answer).json()));
      assert.deepEqual(
        seen.map(({ method, url, body }) => `${method} ${url} ${body}`),
        targets.flatMap((target) => [`GET ${target} `, `POST ${target} hello`]),
      );
    });
  });
}
