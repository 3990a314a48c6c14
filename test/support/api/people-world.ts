import { randomUUID } from 'node:crypto';
import { startApi } from '../../../services/api/api.ts';
import type { OpenEngine } from '../../../services/api/store/store.ts';
import type { BridgeEvent } from '../../../services/contract/events.ts';
import type { Person } from '../../../services/contract/person.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { until } from '../until.ts';
import { FakeBridge } from './outbox/fake-bridge.ts';
import { AMPLE_MS, type ApiSettings, DEFAULTS, fromGate, SECRET } from './world.ts';

/** The api over HTTP, before a bridge and a WhatsApp that knows who is who. */
export class PeopleWorld implements AsyncDisposable {
  readonly bridge: FakeBridge;
  readonly #close: () => Promise<void>;
  readonly #origin: string;

  private constructor(bridge: FakeBridge, origin: string, close: () => Promise<void>) {
    this.bridge = bridge;
    this.#origin = origin;
    this.#close = close;
  }

  static async start(openStore: OpenEngine, settings: ApiSettings = {}): Promise<PeopleWorld> {
    const bridge = await new FakeBridge().goUp();
    const limits = { sendTimeoutMs: AMPLE_MS, uploadTimeoutMs: 0, callTimeoutMs: AMPLE_MS };
    const api = await startApi({
      ...DEFAULTS,
      sendWaitMs: AMPLE_MS,
      ...settings,
      bridge: { host: '127.0.0.1', port: bridge.port, ...limits },
      openStore,
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      log: createLog('api', 'silent'),
    });
    return new PeopleWorld(bridge, `http://127.0.0.1:${api.port}`, async () => {
      await api.close(0);
      await bridge.goDown();
    });
  }

  async call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const answer = await fetch(`${this.#origin}${path}`, {
      method,
      headers: { ...fromGate, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async get(path: string) {
    return (await this.call('GET', path)).body;
  }

  /** Accepts a message and does not wait for it. */
  async send(chatId: string, message: string, headers: Record<string, string> = {}) {
    const body = { chat_id: chatId, message };
    return (await this.call('POST', '/api/whatsapp/send', body, { prefer: 'respond-async', ...headers }))
      .body;
  }

  reaches(id: string, ...statuses: string[]) {
    return until(`message ${id} is ${statuses.join(' or ')}`, async () => {
      const view = await this.get(`/api/whatsapp/messages/${id}`);
      return statuses.includes(view.status) ? view : undefined;
    });
  }

  /** A message from a person, as the bridge reports it. */
  async receive(chatId: string, body: string, person?: Person, account?: string): Promise<void> {
    const stanza = randomUUID().replaceAll('-', '').toUpperCase().slice(0, 20);
    await this.post([messageFrom(chatId, stanza, body, person, account)]);
  }

  async post(events: readonly BridgeEvent[]): Promise<void> {
    const { status } = await this.call('POST', '/internal/events', { events });
    if (status !== 200) throw new Error(`the api answered ${status} to events`);
  }

  async events(types: string) {
    return (await this.get(`/api/events?types=${types}&limit=1000`)).events;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** An incoming message as the bridge reports it. */
export function messageFrom(
  chatId: string,
  stanza: string,
  body: string,
  person?: Person,
  account?: string,
): BridgeEvent {
  const id = `false_${chatId}_${stanza}`;
  return {
    session: 'default',
    key: `message:${id}`,
    at: new Date().toISOString(),
    ...(account === undefined ? {} : { account }),
    kind: 'message',
    whatsapp_id: id,
    data: {
      id,
      stanza_id: stanza,
      chat_id: chatId,
      from: chatId,
      to: '15550000000@c.us',
      from_me: false,
      type: 'chat',
      body,
      timestamp: 1,
      ack: 0,
      has_media: false,
      ...(person === undefined ? {} : { person }),
    },
  };
}
