import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { listen } from '../runtime/listen.ts';
import { createAccessLog, logResponse } from './access-log.ts';
import { admit, LIVE_PATH } from './admit.ts';
import { answerClientError } from './client-error.ts';
import { drainGate } from './drain.ts';
import type { Forwarding } from './forwarding.ts';
import { createGateServer } from './http-server.ts';
import type { Address, GateOptions } from './options.ts';
import { answerLive, answerOptions } from './own-answers.ts';
import { refuse, refuseUpgrade } from './problems.ts';
import { ASTERISK } from './request-target.ts';
import { findRoute, orderRoutes } from './route.ts';
import { Traffic } from './traffic.ts';
import { Visit } from './visit.ts';

/** A gate that listens. */
export interface Gate extends Address, AsyncDisposable {
  /** Lets what is in flight finish, for `drainMs` at most unless told; see `drain.ts`. Disposing does not wait. */
  drain(withinMs?: number): Promise<void>;
}

/**
 * Opens the public port. Every request goes admit → route → forward, every upgrade admit → route → tunnel; what either
 * throws on its way is answered as a problem document. Throws `port_busy`.
 */
export async function startGate(options: GateOptions): Promise<Gate> {
  const { log, limits } = options;
  const accessLog = createAccessLog(log);
  const routes = orderRoutes(options.routes);
  const traffic = new Traffic();
  const server = createGateServer(limits);

  server.on('connection', (socket) => traffic.addSocket(socket));
  server.on('request', (request, response) => onRequest(request, response, false));
  server.on('checkContinue', (request, response) => onRequest(request, response, true));
  server.on('checkExpectation', (request, response) => onRequest(request, response, true));
  server.on('upgrade', onUpgrade);
  server.on('connect', onUpgrade);
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket) answerClientError(log, traffic, error, socket);
    else socket.destroy();
  });
  server.on('drop', () => traffic.noteDrop(log, limits.maxConnections));

  const { host } = options.listen;
  const port = await listen(server, options.listen.port, host);
  // The port is open while this loads.
  let forwarding: Forwarding | undefined;
  const loading = import('./forwarding.ts').then((module) => {
    forwarding = new module.Forwarding(options, traffic);
    return forwarding;
  });
  log.info({ host, port }, `gate listening on port ${port}`);

  function onRequest(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const visit = new Visit(request, options.trustedProxyHops, awaitsContinue);
    traffic.addPassage(visit, response);
    response.on('close', () => {
      logResponse(accessLog, visit, response);
      if (traffic.endsIdle) server.closeIdleConnections();
    });
    const refused = (thrown: unknown): void => refuse(log, visit, response, thrown, traffic.isDraining);
    try {
      const admitted = admit(request, options);
      if (admitted.path === ASTERISK.path) answerOptions(visit, response);
      else if (admitted.path === LIVE_PATH) answerLive(visit, response, options.live(), traffic.isDraining);
      else {
        const route = findRoute(routes, admitted.path);
        if (forwarding !== undefined) forwarding.forward(visit, response, admitted, route);
        else loading.then((loaded) => loaded.forward(visit, response, admitted, route)).catch(refused);
      }
    } catch (thrown) {
      refused(thrown);
    }
  }

  function onUpgrade(request: IncomingMessage, _socket: unknown, head: Buffer): void {
    const visit = new Visit(request, options.trustedProxyHops, false);
    const refused = (thrown: unknown): void => refuseUpgrade(log, visit, thrown);
    request.socket.on('error', () => request.socket.destroy());
    try {
      const admitted = admit(request, options);
      const route = findRoute(routes, admitted.path);
      loading.then((loaded) => loaded.upgrade(visit, head, admitted, route)).catch(refused);
    } catch (thrown) {
      refused(thrown);
    }
  }

  return {
    host,
    port,
    async drain(withinMs = options.drainMs) {
      await drainGate(server, traffic, withinMs);
      await (await loading).destroy();
    },
    async [Symbol.asyncDispose]() {
      await drainGate(server, traffic, 0);
      await (await loading).destroy();
    },
  };
}
