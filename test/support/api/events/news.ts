import request from 'supertest';
import type { EventLog } from '../../../../services/api/events/event-log.ts';
import { appendEvents } from '../../../../services/api/events/log-writer.ts';
import type { Store } from '../../../../services/api/store/store.ts';
import type { BridgeEvent, WhatsAppMessage } from '../../../../services/contract/events.ts';
import { EVENTS_PATH } from '../../../../services/contract/internal.ts';
import { fromGate } from '../world.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** A call, the smallest of events; `from` makes it larger. */
export function call(key: string, from = 'x', session = 'default'): BridgeEvent {
  return {
    session,
    key,
    at: AT,
    kind: 'call',
    data: { call_id: key, from, is_video: false, is_group: false },
  };
}

export function calls(count: number, prefix = '', from = 'x'): BridgeEvent[] {
  return Array.from({ length: count }, (_, index) => call(`${prefix}${index}`, from));
}

export function ack(key: string, stanzaId: string, number = 1): BridgeEvent {
  const chat = '15551234567@c.us';
  return {
    session: 'default',
    key,
    at: AT,
    kind: 'ack',
    whatsapp_id: `true_${chat}_${stanzaId}`,
    data: { chat_id: chat, stanza_id: stanzaId, ack: number },
  };
}

export function message(key: string, body: string, ids: { id?: string; chat?: string } = {}): BridgeEvent {
  const { id = `false_15551234567@c.us_${key}`, chat = '15551234567@c.us' } = ids;
  return {
    session: 'default',
    key,
    at: AT,
    kind: 'message',
    whatsapp_id: id,
    data: messageData(id, key, chat, body),
  };
}

export function sent(key: string, id: string): BridgeEvent {
  const data = messageData(id, key, '15551234567@c.us', 'text');
  return { session: 'default', key, at: AT, kind: 'message_sent', whatsapp_id: id, data };
}

export function state(key: string, name: 'ready' | 'qr' | 'offline', session = 'default'): BridgeEvent {
  return { session, key, at: AT, kind: 'state', data: { state: name, since: AT } };
}

/** As intake and outbox do: in a transaction, and then the readers are told. */
export async function append(store: Store, log: EventLog, events: readonly BridgeEvent[]): Promise<void> {
  await store.write((db, dialect) => appendEvents(db, dialect, events, Date.now()));
  log.appended();
}

/** As the bridge does. */
export async function post(origin: string, events: readonly BridgeEvent[]): Promise<void> {
  await request(origin).post(EVENTS_PATH).set(fromGate).send({ events }).expect(200);
}

function messageData(id: string, stanzaId: string, chat: string, body: string): WhatsAppMessage {
  return {
    id,
    stanza_id: stanzaId,
    chat_id: chat,
    from: chat,
    to: '15550001111@c.us',
    from_me: false,
    type: 'chat',
    body,
    timestamp: 1_767_225_600,
    ack: 0,
    has_media: false,
  };
}
