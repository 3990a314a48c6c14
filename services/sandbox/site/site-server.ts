import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { errorText, KitError } from '../../contract/errors.ts';
import { toProblem } from '../../contract/problem.ts';
import type { Log } from '../../runtime/log.ts';
import { openEventStream } from '../http/event-stream.ts';
import { StrippedModules } from '../http/strip-types.ts';
import type { Phone } from '../phone/phone.ts';
import type { Certificate } from './certificate.ts';
import { pageCalls } from './page-calls.ts';

const KEEP_ALIVE_MS = 65_000;
const MAX_CALL_BYTES = 64 * 1024 * 1024;
const MAX_MEDIA_BYTES = 128 * 1024 * 1024;

/** The server that the browser takes for https://web.whatsapp.com: the page, its modules and its way to the phone. */
export function createSiteServer(certificate: Certificate, phone: Phone, log: Log): Server {
  const server = createServer({ key: certificate.key, cert: certificate.cert }, createApp(phone, log));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

function createApp(phone: Phone, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/', (request, response) => {
    const agent = request.headers['user-agent'] ?? '';
    phone.userAgents.add(agent);
    // The real page connects to few hosts, and to none of others. Source: a comment in Baileys#2672.
    response.set('content-security-policy', "connect-src 'self' data: blob:");
    if (isFitAgent(agent) && !phone.settings.unsupported) sendPage(phone, response);
    else sendUnfitPage(response);
  });
  app.get('/web/*path', serveModules());
  app.get('/stand-in/stream', (request, response) => {
    const stream = openEventStream(response);
    const page = phone.pages.connect(pageIdOf(request), (data) => stream.send(data));
    response.once('close', () => phone.pages.disconnect(page));
  });
  app.put(
    '/stand-in/media/:name',
    express.raw({ type: () => true, limit: MAX_MEDIA_BYTES }),
    (request, response) => {
      const body: unknown = request.body;
      if (phone.isOffline) throw new KitError('whatsapp_not_ready', 'WhatsApp is offline');
      phone.media.keep(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
      response.status(204).end();
    },
  );
  app.get('/stand-in/media/:name', (request, response) => {
    const path = phone.media.pathOf(request.params.name);
    if (path === undefined) throw new KitError('not_found', 'no such medium');
    response.sendFile(path, { dotfiles: 'allow' });
  });
  app.post('/stand-in/:what', express.json({ limit: MAX_CALL_BYTES, strict: false }), (request, response) => {
    const what = z.string().parse(request.params.what);
    const page = phone.pages.find(pageIdOf(request));
    if (page === undefined) throw new KitError('not_found', 'the page is not connected');
    const act = pageCalls.get(what);
    if (act === undefined) throw new KitError('not_found', `no such call: ${what}`);
    response.json(act(phone, page, request.body) ?? {});
  });
  app.use(answerErrors(log));
  return app;
}

function sendPage(phone: Phone, response: Response): void {
  const given = JSON.stringify({ settings: phone.settings, policy: phone.policy }).replaceAll('<', '\\u003c');
  response.set({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>WhatsApp (stand-in)</title>
<link rel="icon" href="data:,">
<script type="application/json" id="given">${given}</script>
<script type="module" src="/web/main.ts"></script>
<p>Gatehouse's stand-in for WhatsApp Web.</p>
</html>
`);
}

/**
 * The real page does not boot in a browser that it does not know, or in a Chrome before 100. Source: wa-js@a3ed679e.
 * Whether it refuses a headless one by its name is unknown: the stand-in does.
 */
function isFitAgent(agent: string): boolean {
  return Number(/(?<!Headless)Chrome\/(\d+)/.exec(agent)?.[1] ?? 0) >= 100;
}

function sendUnfitPage(response: Response): void {
  response.set({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.send(
    '<!doctype html><title>WhatsApp (stand-in)</title><p>WhatsApp works with Google Chrome 100+</p>\n',
  );
}

function serveModules() {
  const modules = new StrippedModules(join(import.meta.dirname, '../web'));
  return (request: Request, response: Response): void => {
    const code = modules.read(z.array(z.string()).parse(request.params.path).join('/'));
    if (code === undefined) throw new KitError('not_found', 'no such module');
    response.set({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' });
    response.send(code);
  };
}

function pageIdOf(request: Request): string {
  return z.string().max(64).catch('').parse(request.query.page);
}

function answerErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (!(error instanceof KitError))
      log.warn(`stand-in ${request.method} ${request.path}: ${errorText(error)}`);
    if (response.headersSent) return next(error);
    const problem = toProblem(error);
    response.status(problem.status).json(problem);
  };
}
