import { createContext, runInContext } from 'node:vm';
import { readMessage } from '../../../services/bridge/page/data.ts';
import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import type { WatchedBrowser } from '../../../services/bridge/watchdog/watched-browser.ts';
import { until } from '../until.ts';

const CHAT = '15552220000@c.us';
const STANZA = '3EB0AAAAAAAAAAAAAAAAAA';
export const ID = `true_${CHAT}_${STANZA}`;

interface ModelMessage {
  readonly t: number;
  readonly ack: number;
  readonly isSendFailure?: boolean;
}

/** A ready browser whose page holds some messages. It runs the scripts of the bridge, and notes what they do. */
export class WatchedPage implements WatchedBrowser {
  messages: ModelMessage[] = [];
  /** Whether the page throws where its messages are read. */
  isBroken = false;
  /** Whether offline delivery has ended; undefined where the page has no module that says so. */
  isDeliveryEnd: boolean | undefined = true;
  /** Whether this account has blocked the recipient. */
  isBlocked = false;
  readonly isReady = true;
  /** Whose page it is. */
  whatsapp: WatchedBrowser['whatsapp'] = { account: { id: '15550001111@c.us' } };
  readonly acts: string[] = [];
  #lookCount = 0;
  readonly #context = createContext({
    setTimeout: (act: () => void) => act(),
    location: { reload: () => this.acts.push('reload') },
    console,
    given: {
      reconnect: () => void this.acts.push('reconnect'),
      read: () => {
        this.#lookCount += 1;
        return JSON.stringify(this.isBroken ? null : this.messages);
      },
      isDeliveryEnd: () => this.isDeliveryEnd,
      isBlocked: () => this.isBlocked,
    },
  });

  constructor() {
    runInContext(PAGE, this.#context);
  }

  /** A message of this account that waits for its ack. */
  message(): ModelMessage {
    return { t: Math.floor(Date.now() / 1000), ack: 0 };
  }

  async call<T>(
    _what: string,
    act: (page: { run(source: string): Promise<unknown> }) => Promise<T>,
  ): Promise<T> {
    return act({ run: (source) => this.#run(source) });
  }

  end({ kind }: { readonly kind: string }): void {
    this.acts.push(`end: ${kind}`);
  }

  /** Resolves after so many more looks at the messages. */
  async looks(count: number): Promise<void> {
    const target = this.#lookCount + count;
    await until(`${count} looks`, () => this.#lookCount >= target);
  }

  /** As the protocol of the browser does: results cross as JSON, and errors of the page as plain errors. */
  async #run(source: string): Promise<unknown> {
    const result: unknown = await runInContext(source, this.#context);
    return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
  }
}

/** The event of a message of this account with this ack. */
export function sent(ack: number): Extract<InboundEvent, { kind: 'message_sent' | 'message' | 'revoked' }> {
  const id = { fromMe: true, remote: CHAT, id: STANZA, _serialized: ID };
  return { kind: 'message_sent', message: readMessage({ id, type: 'chat', body: 'x', t: 1, ack, to: CHAT }) };
}

const PAGE = `
  const read = () => {
    const messages = JSON.parse(given.read());
    if (messages === null) throw new Error('the messages cannot be read');
    const id = { fromMe: true, remote: '${CHAT}', id: '${STANZA}', _serialized: '${ID}' };
    return messages.map((message) => ({ ...message, id }));
  };
  const modules = {
    WAWebCollections: {
      Msg: { getModelsArray: read, getMessagesById: async () => ({ messages: [] }) },
      Blocklist: { get: () => given.isBlocked() || undefined },
    },
    WAWebSocketModel: { Socket: { reconnect: given.reconnect } },
  };
  const offline = { isOfflineDeliveryEnd: given.isDeliveryEnd };
  const find = (name) =>
    name === 'WAWebEventsWaitForOfflineDeliveryEnd'
      ? given.isDeliveryEnd() === undefined ? undefined : offline
      : modules[name];
  const gatehousePeople = (ids) => ({ [ids[0]]: { other: '100000000000009@lid' } });
  var window = { require: find, WWebJS: { gatehousePeople } };`;
