import { createServer } from 'node:http';
import express, { type Request, type Response, Router } from 'express';
import { listenAsUpstream } from '../../support/gate/test-gate.ts';
import { BAD_REQUEST, type Backend, Ledger, LIMITS, PRIVATE_ZONES, PUBLIC_ZONES, type Seen } from './seen.ts';

/**
 * Express 5 as it comes, with a router for each part: matches in any case, `/API` as `/api`, and neither decodes nor
 * merges before it matches. Offers of an upgrade are ignored, as Node does without a listener.
 */
export async function startExpress(): Promise<Backend> {
  const ledger = new Ledger();
  const entries = new WeakMap<object, Seen>();
  const app = express();
  for (const zone of [...PUBLIC_ZONES, ...PRIVATE_ZONES]) {
    const router = Router();
    router.use((request: Request, response: Response) => {
      const seen = entries.get(request);
      if (seen !== undefined) {
        seen.zone = zone;
        seen.resolved = request.originalUrl.replace(/\?.*$/s, '').toLowerCase();
      }
      request.once('end', () => response.setHeader('x-saw', seen?.caseId ?? '-').send(`${zone}\n`));
    });
    app.use(`/${zone}`, router);
  }
  const server = createServer({ ...LIMITS }, (request, response) => {
    entries.set(request, ledger.enter(request));
    // Node loses what follows at once upon an upgrade it ignores, and answers no fault in what follows later.
    if (request.headers.upgrade !== undefined) response.setHeader('connection', 'close');
    app(request, response);
  });
  server.on('clientError', (error, socket) => {
    ledger.enterUnreadable(error);
    socket.end(BAD_REQUEST);
  });
  const upstream = await listenAsUpstream(server);
  return { ...upstream, name: 'express', collect: async () => ledger.collect() };
}
