import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { pressures } from '../runtime/budget.ts';
import { closeIdle } from '../runtime/http/close-listener.ts';
import { listen } from '../runtime/http/listen.ts';
import { createAccessLog, logResponse } from './access-log.ts';
import { admit } from './admission/admit.ts';
import { type Client, ClientLimits } from './admission/client-limits.ts';
import { ASTERISK } from './admission/request-target.ts';
import { findRoute, orderRoutes } from './admission/route.ts';
import { answerClientError } from './answer/client-error.ts';
import { answerLive, answerOptions } from './answer/own-answers.ts';
import { closeUnanswered, refuse, refuseUpgrade } from './answer/problems.ts';
import { catchFaults } from './catch-faults.ts';
import { startConnectionChecks } from './connections/connection-checks.ts';
import { Connections } from './connections/connections.ts';
import { drainGate } from './connections/drain.ts';
import { connectionLimit, createGateServer } from './connections/http-server.ts';
import type { Gate } from './contract/gate.ts';
import { HEALTH_PATH, LIVE_PATH } from './contract/health-paths.ts';
import type { GateOptions, GateRoute } from './contract/options.ts';
import type { Forwarder } from './forwarder.ts';
import { RequestContext } from './request-context.ts';

/**
 * Opens the public port. Every request goes admit → route → forward, every upgrade admit → route → tunnel; what either
 * throws on its way is answered as a problem document. Throws `port_busy`.
 */
export async function startGate(options: GateOptions): Promise<Gate> {
  const { log, limits } = options;
  const accessLog = createAccessLog(log);
  let routes = orderRoutes(options.routes);
  const connections = new Connections(connectionLimit(limits, log), log);
  const clients = ClientLimits.from(limits, log);
  const server = createGateServer(limits);

  server.on('connection', (socket) => connections.addSocket(socket));
  server.on('request', (request, response) => takeRequest(request, response, false));
  server.on('checkContinue', (request, response) => takeRequest(request, response, true));
  server.on('checkExpectation', (request, response) => takeRequest(request, response, true));
  server.on('upgrade', onUpgrade);
  server.on('connect', onUpgrade);
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket)
      closeOnFault(socket, () => answerClientError(log, connections, error, socket))();
    else socket.destroy();
  });

  const { host, isShared = false } = options.listen;
  const port = await listen(server, options.listen.port, host, isShared);
  // The port is open while this loads.
  let forwarder: Forwarder | undefined;
  const loading = import('./forwarder.ts').then((module) => {
    forwarder = new module.Forwarder(options, connections);
    return forwarder;
  });
  const stopConnectionChecks = startConnectionChecks(connections, limits);
  log.info({ host, port }, `gate listening on port ${port}`);

  /** Returns a callback that closes the client's connection when it throws. */
  function closeOnFault(socket: Socket, callback: () => void): () => void {
    return catchFaults((fault) => closeUnanswered(log, socket, fault), callback);
  }

  function takeRequest(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    try {
      onRequest(request, response, awaitsContinue);
    } catch (fault) {
      closeUnanswered(log, request.socket, fault);
    }
  }

  function onRequest(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    if (connections.latestRequest(request.socket)?.context.isLast === true) return;
    const context = new RequestContext(request, options.trustedProxyHops, awaitsContinue);
    let client: Client | undefined;
    connections.trackRequest(context, response);
    // Node loses what it has read behind an offer that is not taken, and would read the next body as a request.
    if (request.headers.upgrade !== undefined) {
      context.isLast = true;
      response.shouldKeepAlive = false;
    }
    const onClose = (): void => {
      client?.leave();
      logResponse(accessLog, context, response);
      if (connections.closesIdle) void closeIdle(server);
    };
    response.on('close', closeOnFault(request.socket, onClose));
    const refused = (thrown: unknown): void => refuse(log, context, response, thrown, connections.isDraining);
    try {
      const admitted = admit(request, options);
      if (admitted.path === ASTERISK.path) answerOptions(context, response);
      else if (admitted.path === LIVE_PATH)
        answerLive(context, response, options.live(), connections.isDraining);
      else {
        const route = findRoute(routes, admitted.path);
        if (admitted.path !== HEALTH_PATH)
          client = clients?.enter(context.clientInfo.clientAddress, context.startedMs);
        if (forwarder !== undefined) forwarder.forward(context, response, admitted, route);
        else loading.then((loaded) => loaded.forward(context, response, admitted, route)).catch(refused);
      }
    } catch (thrown) {
      refused(thrown);
    }
  }

  function onUpgrade(request: IncomingMessage, _socket: unknown, head: Buffer): void {
    request.socket.on('error', () => request.socket.destroy());
    if (connections.latestRequest(request.socket)?.context.isLast !== true)
      connections.afterAnswers(
        request.socket,
        closeOnFault(request.socket, () => upgrade(request, head)),
      );
  }

  function upgrade(request: IncomingMessage, head: Buffer): void {
    const context = new RequestContext(request, options.trustedProxyHops, false);
    const refused = (thrown: unknown): void => refuseUpgrade(log, context, thrown);
    try {
      const admitted = admit(request, options);
      const route = findRoute(routes, admitted.path);
      const client = clients?.enter(context.clientInfo.clientAddress, context.startedMs);
      connections.trackTunnel(context);
      if (client !== undefined) request.socket.once('close', () => client.leave());
      loading.then((loaded) => loaded.upgrade(context, head, admitted, route)).catch(refused);
    } catch (thrown) {
      refused(thrown);
    }
  }

  function updateRoutes(moved: readonly GateRoute[]): void {
    routes = orderRoutes(moved);
    if (forwarder !== undefined) forwarder.updateRoutes(moved);
    else void loading.then((loaded) => loaded.updateRoutes(moved));
  }

  async function end(withinMs: number, onClosed?: () => void): Promise<void> {
    await drainGate(server, connections, { withinMs, isShared, onClosed });
    stopConnectionChecks();
    await (await loading).destroy();
  }

  return {
    host,
    port,
    pressure: () => pressures([connections]),
    drain: (withinMs = options.drainMs, onClosed) => end(withinMs, onClosed),
    updateRoutes,
    [Symbol.asyncDispose]: () => end(0),
  };
}
