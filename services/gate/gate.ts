import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { closeIdle } from '../runtime/http/close-listener.ts';
import { listen } from '../runtime/http/listen.ts';
import { createAccessLog, logResponse } from './access-log.ts';
import { admit, HEALTH_PATH, LIVE_PATH } from './admission/admit.ts';
import { type Client, ClientLimits } from './admission/client-limits.ts';
import { ASTERISK } from './admission/request-target.ts';
import { findRoute, orderRoutes } from './admission/route.ts';
import { answerClientError } from './answer/client-error.ts';
import { guarded } from './answer/guarded.ts';
import { answerLive, answerOptions } from './answer/own-answers.ts';
import { closeUnanswered, refuse, refuseUpgrade } from './answer/problems.ts';
import { Traffic } from './connections/connections.ts';
import { drainGate } from './connections/drain.ts';
import { createGateServer } from './connections/http-server.ts';
import { makeRounds } from './connections/rounds.ts';
import type { Address, GateOptions, GateRoute } from './contract/options.ts';
import type { Forwarding } from './forward/forwarder.ts';
import { Visit } from './request-context.ts';

/** A gate that listens. */
export interface Gate extends Address, AsyncDisposable {
  /**
   * Lets what is in flight finish, for `drainMs` at most unless told; see `drain.ts`. Disposing does not wait. Where the
   * gate knows when it takes no new connections any more, it calls `onClosed` then.
   */
  drain(withinMs?: number, onClosed?: () => void): Promise<void>;
  /** New addresses of services: requests that come later go there; those under way end where they are. */
  follow(routes: readonly GateRoute[]): void;
}

/**
 * Opens the public port. Every request goes admit → route → forward, every upgrade admit → route → tunnel; what either
 * throws on its way is answered as a problem document. Throws `port_busy`.
 */
export async function startGate(options: GateOptions): Promise<Gate> {
  const { log, limits } = options;
  const accessLog = createAccessLog(log);
  let routes = orderRoutes(options.routes);
  const traffic = new Traffic();
  const clients = ClientLimits.from(limits, log);
  const server = createGateServer(limits);

  server.on('connection', (socket) => traffic.addSocket(socket));
  server.on('request', (request, response) => takeRequest(request, response, false));
  server.on('checkContinue', (request, response) => takeRequest(request, response, true));
  server.on('checkExpectation', (request, response) => takeRequest(request, response, true));
  server.on('upgrade', onUpgrade);
  server.on('connect', onUpgrade);
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket)
      closingAtFault(socket, () => answerClientError(log, traffic, error, socket))();
    else socket.destroy();
  });
  server.on('drop', () => traffic.noteDrop(log, limits.maxConnections));

  const { host, isShared = false } = options.listen;
  const port = await listen(server, options.listen.port, host, isShared);
  // The port is open while this loads.
  let forwarding: Forwarding | undefined;
  const loading = import('./forward/forwarder.ts').then((module) => {
    forwarding = new module.Forwarding(options, traffic);
    return forwarding;
  });
  const stopRounds = makeRounds(traffic, limits);
  log.info({ host, port }, `gate listening on port ${port}`);

  /** Returns a callback that closes the client's connection when it throws. */
  function closingAtFault(socket: Socket, callback: () => void): () => void {
    return guarded((fault) => closeUnanswered(log, socket, fault), callback);
  }

  function takeRequest(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    try {
      onRequest(request, response, awaitsContinue);
    } catch (fault) {
      closeUnanswered(log, request.socket, fault);
    }
  }

  function onRequest(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    if (traffic.latest(request.socket)?.visit.isLast === true) return;
    const visit = new Visit(request, options.trustedProxyHops, awaitsContinue);
    let client: Client | undefined;
    traffic.addPassage(visit, response);
    // Node loses what it has read behind an offer that is not taken, and would read the next body as a request.
    if (request.headers.upgrade !== undefined) {
      visit.isLast = true;
      response.shouldKeepAlive = false;
    }
    const onClose = (): void => {
      client?.leave();
      logResponse(accessLog, visit, response);
      if (traffic.endsIdle) void closeIdle(server);
    };
    response.on('close', closingAtFault(request.socket, onClose));
    const refused = (thrown: unknown): void => refuse(log, visit, response, thrown, traffic.isDraining);
    try {
      const admitted = admit(request, options);
      if (admitted.path === ASTERISK.path) answerOptions(visit, response);
      else if (admitted.path === LIVE_PATH) answerLive(visit, response, options.live(), traffic.isDraining);
      else {
        const route = findRoute(routes, admitted.path);
        if (admitted.path !== HEALTH_PATH) client = clients?.enter(visit.edge.clientAddress, visit.startedMs);
        if (forwarding !== undefined) forwarding.forward(visit, response, admitted, route);
        else loading.then((loaded) => loaded.forward(visit, response, admitted, route)).catch(refused);
      }
    } catch (thrown) {
      refused(thrown);
    }
  }

  function onUpgrade(request: IncomingMessage, _socket: unknown, head: Buffer): void {
    request.socket.on('error', () => request.socket.destroy());
    if (traffic.latest(request.socket)?.visit.isLast !== true)
      traffic.afterAnswers(
        request.socket,
        closingAtFault(request.socket, () => upgrade(request, head)),
      );
  }

  function upgrade(request: IncomingMessage, head: Buffer): void {
    const visit = new Visit(request, options.trustedProxyHops, false);
    const refused = (thrown: unknown): void => refuseUpgrade(log, visit, thrown);
    try {
      const admitted = admit(request, options);
      const route = findRoute(routes, admitted.path);
      const client = clients?.enter(visit.edge.clientAddress, visit.startedMs);
      if (client !== undefined) request.socket.once('close', () => client.leave());
      loading.then((loaded) => loaded.upgrade(visit, head, admitted, route)).catch(refused);
    } catch (thrown) {
      refused(thrown);
    }
  }

  function follow(moved: readonly GateRoute[]): void {
    routes = orderRoutes(moved);
    if (forwarding !== undefined) forwarding.follow(moved);
    else void loading.then((loaded) => loaded.follow(moved));
  }

  async function end(withinMs: number, onClosed?: () => void): Promise<void> {
    await drainGate(server, traffic, { withinMs, isShared, onClosed });
    stopRounds();
    await (await loading).destroy();
  }

  return {
    host,
    port,
    drain: (withinMs = options.drainMs, onClosed) => end(withinMs, onClosed),
    follow,
    [Symbol.asyncDispose]: () => end(0),
  };
}
