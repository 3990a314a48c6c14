import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net';
import type { Check, Finding } from '../../../../operate/doctor/check.ts';
import { createContext, type DoctorOptions } from '../../../../operate/doctor/context.ts';
import { createRedact } from '../../../../operate/doctor/redact.ts';
import type { Row } from '../../../../operate/doctor/report.ts';
import { runChecks } from '../../../../operate/doctor/run-checks.ts';

/**
 * Runs one check as the doctor does. The data folder is one that no kit has, unless the test names another: the doctor
 * takes the settings of a kit that runs on the same folder, and platforms share the default `/data`.
 */
export async function look(check: Check, { env, ...options }: Partial<DoctorOptions> = {}): Promise<Row> {
  const whole = { settings: {}, folder: '/nowhere', ...options, env: { DATA_DIR: '/nowhere', ...env } };
  const context = createContext(whole);
  const redact = createRedact([context.config, context.intended.config], whole.env);
  const [row] = await runChecks([check], context, redact);
  assert.ok(row !== undefined, `${check.id} was not run`);
  return row;
}

/** All that a row says, to be searched. */
export function textOf({ findings }: Pick<Row, 'findings'>): string {
  return findings.map(textOfFinding).join('\n');
}

export function textOfFinding({ evidence, cause = '', remedy = '' }: Finding): string {
  return [...evidence, cause, remedy].join('\n');
}

/** A server on a free port of this machine, and its address. */
export class Served implements AsyncDisposable {
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();

  constructor(server: NetServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => this.#sockets.delete(socket)); // The doctor hangs up when it has seen enough.
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

export function serve(answer: RequestListener, port = 0): Promise<Served> {
  return bind(createServer(answer), port);
}

/** Takes connections and says nothing, whatever is said to it. */
export function serveSilence(): Promise<Served> {
  return bind(
    createTcpServer((socket) => socket.resume()),
    0,
  );
}

/** Says these bytes to whoever comes. */
export function serveBytes(text: string): Promise<Served> {
  return bind(
    createTcpServer((socket) => socket.end(Buffer.from(text, 'latin1'))),
    0,
  );
}

async function bind(server: NetServer, port: number): Promise<Served> {
  const served = new Served(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return served;
}
