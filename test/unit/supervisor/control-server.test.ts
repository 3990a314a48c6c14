import assert from 'node:assert/strict';
import { closeServer } from '../../../services/runtime/http/listen.ts';
import { HEALTH_KEPT_MS } from '../../../services/runtime/kept-look.ts';
import { startControlServer } from '../../../services/supervisor/control-server.ts';
import type { WatchedService } from '../../../services/supervisor/health.ts';
import { freePort } from '../../support/free-port.ts';
import { SINCE, watched } from '../../support/supervisor/watched-service.ts';

const SECRET = 's'.repeat(64);

async function startServer(services: readonly WatchedService[]) {
  const port = await freePort();
  const server = await startControlServer({
    host: '127.0.0.1',
    port,
    secret: SECRET,
    release: '7',
    services,
  });
  const ask = async (method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}/health`, {
      method,
      headers: { 'x-gatehouse-secret': SECRET },
    });
    return { status: response.status, text: await response.text() };
  };
  return { ask, [Symbol.asyncDispose]: () => closeServer(server, 0) };
}

describe('control server of the supervisor', () => {
  it('answers 600 questions at once from a handful of looks: health is free of charge', async () => {
    await using bridge = await watched('bridge', { whatsapp_ready: true, state: 'ready', since: SINCE });
    await using api = await watched('api', { status: 'ok', storage: { state: 'ok', since: SINCE } });
    await using server = await startServer([bridge.service, api.service]);
    const beganMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 600 }, () => server.ask()));
    const mostLooks = 1 + Math.ceil((performance.now() - beganMs) / HEALTH_KEPT_MS);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    for (const { questions } of [bridge, api])
      assert.ok(questions.count <= mostLooks, `${questions.count} looks, ${mostLooks} allowed`);
  });

  it('sees at once that a service is not ready any more', async () => {
    await using api = await watched('api', { status: 'ok', storage: { state: 'ok', since: SINCE } });
    const services = [{ ...api.service }];
    await using server = await startServer(services);
    assert.equal((await server.ask()).status, 200);
    Object.assign(services[0] ?? {}, { state: 'restarting', reason: 'it exited with code 1' });
    const { status, text } = await server.ask();
    assert.deepEqual([status, JSON.parse(text).services.api.reason], [503, 'it exited with code 1']);
    assert.deepEqual(await server.ask('HEAD'), { status: 503, text: '' });
  });
});
