import { lidOf } from '../web/people/directory.ts';
import type { Device } from '../web/wire.ts';
import type { PasskeyRecord, PhoneMessage, PhoneRecord } from './journal-records.ts';

export interface PhoneChat {
  readonly id: string;
  readonly name: string;
  readonly unread: number;
  /** In the order in which the phone came to know them. */
  readonly message_ids: readonly string[];
}

const DEFAULT_PUSHNAME = 'Sandbox Phone';

/** What the phone of an account knows: nothing but the sum of the records applied to it. */
export class PhoneState {
  /** The WhatsApp ids of the account: by phone number and by LID. */
  readonly pn: string;
  readonly lid: string;
  /** The name that the owner goes by, as it was given last. */
  pushname = DEFAULT_PUSHNAME;
  readonly devices = new Map<string, Device>();
  readonly messages = new Map<string, PhoneMessage>();
  /** The names that people go by, by WhatsApp id. */
  readonly names = new Map<string, string>();
  /** The messages of the kit that the server has refused for good, by id. */
  readonly refused = new Set<string>();
  readonly #chats = new Map<string, { id: string; name: string; unread: number; message_ids: string[] }>();
  /** Somebody unlinked the phone by hand: it no longer scans by itself. */
  isUnlinkedByHand = false;
  passkey: PasskeyRecord | undefined;

  constructor(number: string) {
    this.pn = `${number}@c.us`;
    this.lid = `${lidOf(number) ?? number}@lid`;
  }

  get chats(): readonly PhoneChat[] {
    return [...this.#chats.values()];
  }

  chat(id: string): PhoneChat | undefined {
    return this.#chats.get(id);
  }

  /** Whether it is the chat of the account with itself. */
  isOwn(chatId: string): boolean {
    return chatId === this.pn || chatId === this.lid;
  }

  /** Whether a record is about a message, a chat or a device that is here. */
  knows(record: PhoneRecord): boolean {
    if ('ids' in record) return record.ids.some((id) => this.messages.has(id));
    if ('device_id' in record) return this.devices.has(record.device_id ?? '');
    if ('chat_id' in record) return this.#chats.has(record.chat_id);
    return 'id' in record && this.messages.has(record.id);
  }

  messagesOf(chatId: string): PhoneMessage[] {
    return this.find(this.#chats.get(chatId)?.message_ids ?? []);
  }

  find(ids: readonly string[]): PhoneMessage[] {
    return ids.map((id) => this.messages.get(id)).filter((message) => message !== undefined);
  }

  apply(record: PhoneRecord): void {
    switch (record.kind) {
      case 'linked':
        this.devices.set(record.device.id, record.device);
        this.pushname = record.device.pushname;
        this.isUnlinkedByHand = false;
        return;
      case 'unlinked':
        if (record.device_id === undefined) this.devices.clear();
        else this.devices.delete(record.device_id);
        if (record.by === 'phone') this.isUnlinkedByHand = true;
        return;
      case 'passkey':
        this.passkey = record.passkey;
        return;
      case 'message':
        this.#keep(record.message);
        return;
      case 'refused':
        this.refused.add(record.id);
        return;
      case 'added':
        this.#change(record.id, { adds: [...(this.messages.get(record.id)?.adds ?? []), record.add] });
        return;
      case 'redelivered':
        this.#change(record.id, { deliveries: (this.messages.get(record.id)?.deliveries ?? 1) + 1 });
        return;
      case 'delivered':
        for (const id of record.ids) this.#change(id, { delivered: true });
        return;
      case 'ack':
        this.#change(record.id, { ack: record.ack });
        return;
      case 'edited':
        this.#change(record.id, { body: record.body, edited: true });
        return;
      case 'revoked':
        this.#change(record.id, { type: 'revoked', body: undefined, revoke_key: record.key });
        return;
      case 'decrypted':
        this.#change(record.id, { type: 'chat', body: record.body });
        return;
      case 'reaction': {
        const { [record.from]: _former, ...others } = this.messages.get(record.id)?.reactions ?? {};
        const added = record.text === '' ? {} : { [record.from]: record.text };
        this.#change(record.id, { reactions: { ...others, ...added } });
        return;
      }
      case 'seen': {
        const chat = this.#chats.get(record.chat_id);
        if (chat !== undefined) chat.unread = 0;
      }
    }
  }

  #keep(message: PhoneMessage): void {
    this.messages.set(message.id, message);
    const id = message.chat_id;
    const chat = this.#chats.get(id) ?? { id, name: nameOf(message), unread: 0, message_ids: [] };
    chat.message_ids.push(message.id);
    if (message.origin === 'contact') {
      if (message.name !== undefined) this.names.set(message.author ?? id, message.name);
      chat.unread += 1;
      chat.name = nameOf(message);
    }
    this.#chats.set(id, chat);
  }

  #change(id: string, change: Partial<PhoneMessage>): void {
    const message = this.messages.get(id);
    if (message !== undefined) this.messages.set(id, { ...message, ...change });
  }
}

function nameOf(message: PhoneMessage): string {
  const [user = message.chat_id, server] = message.chat_id.split('@');
  if (server === 'g.us') return `Group ${user.slice(-4)}`;
  return message.from_me || message.name === undefined ? `+${user}` : message.name;
}
