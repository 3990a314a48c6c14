import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { answerHealth } from '../../../services/api/health.ts';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';
import { createServiceApp } from '../../../services/runtime/http/service-app.ts';
import { HEALTH_KEPT_MS } from '../../../services/runtime/kept-look.ts';

const SINCE = '2030-01-01T00:00:00.000Z';
const BRIDGE_HEALTH = {
  status: 'ok',
  port: 1,
  whatsapp_ready: true,
  state: 'ready',
  since: SINCE,
  session: 'default',
};

describe('api, of the health of the kit where no supervisor runs', () => {
  it('answers 300 questions at once from a handful of questions to the bridge', async () => {
    let asked = 0;
    const bridge = createServer((_request, response) => {
      asked += 1;
      response.end(JSON.stringify(BRIDGE_HEALTH));
    });
    const app = createServiceApp();
    const store = { status: { state: 'ok', since: SINCE } } as const;
    const origin = { host: '127.0.0.1', port: await listen(bridge, 0, '127.0.0.1') };
    app.get('/health', answerHealth(origin, store, { held: 0, isAccountChanged: false }));
    const server = createServer(app);
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => closeServer(bridge, 0));
    cleanup.defer(() => closeServer(server, 0));
    const port = await listen(server, 0, '127.0.0.1');
    const beganMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const response = await fetch(`http://127.0.0.1:${port}/health`);
        const { status } = await response.json();
        return `${response.status} ${response.headers.get('content-type')} ${response.headers.get('cache-control')} ${status}`;
      }),
    );
    const mostLooks = 1 + Math.ceil((performance.now() - beganMs) / HEALTH_KEPT_MS);
    assert.deepEqual([...new Set(answers)], ['200 application/json; charset=utf-8 no-store ok']);
    assert.ok(asked <= mostLooks, `${asked} questions, ${mostLooks} allowed`);
  });
});
