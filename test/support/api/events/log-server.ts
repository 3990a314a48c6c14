import type { Server } from 'node:http';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { answerPage } from '../../../../services/api/events/event-page.ts';
import type { SocketTimes } from '../../../../services/api/events/event-socket.ts';
import { streamEvents } from '../../../../services/api/events/event-stream.ts';
import { answerEvents } from '../../../../services/api/events/events-route.ts';
import type { OpenReaders } from '../../../../services/api/events/open-readers.ts';
import { acceptSockets } from '../../../../services/api/events/socket-upgrade.ts';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { createInternalServer } from '../../../../services/runtime/http/internal-server.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { answerProblem } from '../../../../services/runtime/http/problem-answers.ts';
import { createServiceApp } from '../../../../services/runtime/http/service-app.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { SECRET } from '../world.ts';
import { append } from './news.ts';

const silent = createLog('api', 'silent');

export interface LogServerOptions extends SocketTimes {
  readonly apiKeys?: readonly string[];
  readonly readers?: OpenReaders;
}

/** The event log and those who read it over the network, without the rest of the api; pings may come sooner, and waits end sooner. */
export class LogServer implements AsyncDisposable {
  readonly store: Store;
  readonly log: EventLog;
  readonly #server: Server;
  origin = '';
  #isClosed = false;

  private constructor(store: Store, { pingMs, closeMs, apiKeys = [], readers }: LogServerOptions) {
    this.store = store;
    this.log = new EventLog(store, readers);
    const app = createServiceApp();
    const parts = { events: this.log, log: silent, secret: SECRET, apiKeys };
    app.get('/api/pinged', (request, response) => streamEvents(this.log, silent, request, response, pingMs));
    app.get('/api/begun', (request, response) => answerPage(this.log, request, response, pingMs));
    app.get('/api/events', answerEvents(parts));
    app.use(answerProblem(silent));
    this.#server = createInternalServer(app);
    acceptSockets(this.#server, parts, { pingMs, closeMs });
  }

  static async start(open: OpenEngine, options: LogServerOptions = {}): Promise<LogServer> {
    const started = new LogServer(await Store.open(open, silent), options);
    started.origin = `http://127.0.0.1:${await listen(started.#server, 0, '127.0.0.1')}`;
    return started;
  }

  append(events: readonly BridgeEvent[]): Promise<void> {
    return append(this.store, this.log, events);
  }

  /** As the api does. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.log.close();
    await closeServer(this.#server, graceMs);
    await this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) await this.close(0);
  }
}
