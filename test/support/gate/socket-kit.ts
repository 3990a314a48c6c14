import { createServer, type IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import type { GateUnderTest } from './describe-gates.ts';
import { listenAsUpstream, type Overrides, route, type TestGate } from './test-gate.ts';

/** A gate before a service that echoes the messages of WebSockets on `/ws`, and answers `/api` with `plain`. */
export interface SocketKit extends AsyncDisposable {
  /** The upgrades that the service has seen. */
  readonly requests: IncomingMessage[];
  readonly sockets: WebSocketServer;
  readonly gate: TestGate;
}

export async function startSocketKit(
  { startTestGate }: Pick<GateUnderTest, 'startTestGate'>,
  overrides: Overrides = {},
): Promise<SocketKit> {
  const requests: IncomingMessage[] = [];
  const server = createServer((_request, response) => response.end('plain'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    requests.push(request);
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const upstream = await listenAsUpstream(server);
  const gate = await startTestGate(upstream, {
    routes: [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })],
    ...overrides,
  });
  return {
    requests,
    sockets,
    gate,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      await gate[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** One such kit for all tests of the current `describe`. Each test starts without requests and WebSockets. */
export function shareSocketKit(gate: Pick<GateUnderTest, 'startTestGate'>) {
  let started: SocketKit | undefined;
  const running = (): SocketKit => {
    if (started === undefined) throw new Error('the kit runs only while a test does');
    return started;
  };
  before(async () => {
    started = await startSocketKit(gate);
  });
  afterEach(() => {
    const { requests, sockets } = running();
    requests.length = 0;
    for (const socket of sockets.clients) socket.terminate();
  });
  after(() => started?.[Symbol.asyncDispose]());
  return {
    get port() {
      return running().gate.port;
    },
    get requests() {
      return running().requests;
    },
    get sockets() {
      return running().sockets;
    },
  };
}
