import { createServer } from 'node:http';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';
import type { WatchedService } from '../../../services/supervisor/health.ts';

/** Since when each watched service is in its state. */
export const SINCE = '2030-01-01T00:00:00.000Z';

/** A service that answers its ready path as the test says, or not at all. It counts the questions. */
export async function watched(name: string, answer: unknown, state: WatchedService['state'] = 'ready') {
  const questions = { count: 0 };
  const server = createServer((_request, response) => {
    questions.count += 1;
    if (answer === undefined) response.destroy();
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const port = await listen(server, 0, '127.0.0.1');
  const service: WatchedService = {
    name,
    state,
    since: new Date(SINCE),
    restarts: 0,
    reason: undefined,
    nextTry: undefined,
    pressure: [],
    plan: {
      declaration: {
        name,
        command: [],
        port: { env: 'X_PORT', default: port, doc: '' },
        exposure: 'internal',
        readyPath: '/ready',
        routes: [],
        needs: [],
        critical: false,
        stopGraceMs: 0,
        kit: true,
      },
      origin: { host: '127.0.0.1', port },
      file: '',
      args: [],
      environment: {},
      folder: '/',
      limits: { limit: 1, backoffMs: 1, backoffMaxMs: 1, stableMs: 1, readyTimeoutMs: 1 },
      run: '',
    },
  };
  return { service, questions, [Symbol.asyncDispose]: () => closeServer(server, 0) };
}
