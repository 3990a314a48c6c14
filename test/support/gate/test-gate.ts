import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Gate } from '../../../services/gate/contract/gate.ts';
import type { GateOptions, GateRoute } from '../../../services/gate/contract/options.ts';
import { startGate } from '../../../services/gate/gate.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { PATIENCE_MS } from '../until.ts';
import type { GateKind } from './gates.ts';

export const SECRET = 'boot-secret-of-this-test';

/** A real upstream on a port of its own. */
export interface Upstream extends AsyncDisposable {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
}

export async function startUpstream(listener: RequestListener, port = 0): Promise<Upstream> {
  const server = createServer(listener);
  return listenAsUpstream(server, port);
}

export async function listenAsUpstream(server: Server, port = 0): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // An upgraded socket has no listener of the server any more.
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    server,
    host: '127.0.0.1',
    port: portOf(server.address()),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

/** Answers 200 with what it got, as JSON: `{ method, url, headers, rawHeaders, body }`. */
export const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers, rawHeaders } = request;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString('latin1') }),
    );
  });
};

export type Overrides = Partial<Omit<GateOptions, 'limits'>> & { limits?: Partial<GateOptions['limits']> };

export type TestGate = Gate & { readonly origin: string };

/** A gate with a route `/api` to the upstream, unless told otherwise; `start` is that of one of `GATES`. */
export async function startTestGate(
  upstream: { host: string; port: number },
  overrides: Overrides = {},
  start: GateKind['start'] = startGate,
): Promise<TestGate> {
  const gate = await start(gateOptions({ routes: [route(upstream)], ...overrides }));
  return { ...gate, origin: `http://127.0.0.1:${gate.port}` };
}

/** The options of a gate in tests: no limit for each client, and limits on time that no test exceeds. */
export function gateOptions(overrides: Overrides & Pick<GateOptions, 'routes'>): GateOptions {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    deniedPrefixes: ['/internal'],
    live: () => ({ status: 'live' }),
    localOnly: false,
    trustedProxyHops: 0,
    secret: SECRET,
    drainMs: 60_000,
    log: createLog('gate', 'silent'),
    ...overrides,
    limits: {
      maxHeaderBytes: 16_384,
      headerTimeoutMs: 60_000,
      maxBodyBytes: 1_000_000,
      spoolBytes: 1024 ** 3,
      idleTimeoutMs: 60_000,
      upstreamTimeoutMs: 60_000,
      holdMs: 60_000,
      maxConnections: 2_000,
      clientRatePerSecond: 0,
      clientBurst: 0,
      clientConcurrency: 0,
      minBodyBytesPerSecond: 0,
      pingMs: 0,
      ...overrides.limits,
    },
  };
}

export function route(
  upstream: { host: string; port: number },
  overrides: Partial<GateRoute> = {},
): GateRoute {
  return {
    service: 'api',
    prefix: '/api',
    exact: false,
    upgrade: false,
    kit: true,
    upstream: { host: upstream.host, port: upstream.port },
    ...overrides,
  };
}

/** A raw connection: writes bytes as they are, and keeps all that arrives. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  received = '';
  isClosed = false;
  readonly #waiting = new Set<() => void>();

  constructor(port: number, localAddress?: string) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
      this.#look();
    });
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('end', () => this.socket.end());
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#look();
    });
  }

  send(text: string | Buffer): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Waits until what was received matches. */
  async until(pattern: RegExp): Promise<string> {
    await this.wait(() => this.isClosed || pattern.test(this.received), `${pattern} in what was received`);
    if (!pattern.test(this.received))
      throw new Error(`closed without ${pattern}: ${JSON.stringify(this.received)}`);
    return this.received;
  }

  async untilClosed(): Promise<string> {
    await this.wait(() => this.isClosed, 'the end of the connection');
    return this.received;
  }

  /** Waits for a condition that only bytes from the gate, or its close, can make true. */
  async wait(isTrue: () => boolean, what: string, limitMs = PATIENCE_MS): Promise<void> {
    if (isTrue()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        end();
      };
      const look = (): void => {
        if (isTrue()) settle(resolve);
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`waited ${limitMs} ms for ${what}`))),
        limitMs,
      );
      this.#waiting.add(look);
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends a text on a connection of its own and returns the first response, as far as its head and known body go. */
export async function exchangeRaw(port: number, text: string | Buffer): Promise<RawResponse> {
  using client = new RawClient(port);
  client.send(text);
  await client.wait(() => client.isClosed || isWhole(client.received), 'a whole response');
  return parseResponse(client.received);
}

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly code: unknown;
}

export function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end + 4);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body, code: codeOf(body) };
}

/** Polls a condition; there is no event for what another process, or the kernel, has done. */
export async function waitFor(isTrue: () => boolean, what: string, limitMs = PATIENCE_MS): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > untilMs) throw new Error(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function isWhole(text: string): boolean {
  const { head, body } = parseResponse(text);
  if (!text.includes('\r\n\r\n')) return false;
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return body.endsWith('0\r\n\r\n') || / (?:204|304) /.test(head.slice(0, 14));
}

function codeOf(body: string): unknown {
  const json = /\{.*\}/s.exec(body)?.[0];
  if (json === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : undefined;
  } catch (error) {
    return error;
  }
}

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== 'object' || address === null) throw new Error('the upstream has no port');
  return address.port;
}
