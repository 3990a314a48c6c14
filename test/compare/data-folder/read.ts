import { fieldOf, listOf, textOf } from '../json.ts';
import { call } from './call.ts';

/** Returns every message of the outbox by its id, oldest first. */
export async function readMessages(origin: string): Promise<ReadonlyMap<string, unknown>> {
  const { status, body } = await call(origin, 'GET', '/api/whatsapp/messages?limit=999&order=asc');
  if (status !== 200) throw new Error(`the list of messages answered ${status}: ${JSON.stringify(body)}`);
  return new Map(listOf(body, 'messages').map((message) => [textOf(message, 'id'), message]));
}

/** Returns every event of the log. */
export async function readEvents(origin: string, after = 0): Promise<readonly unknown[]> {
  const { status, body } = await call(origin, 'GET', `/api/events?limit=1000&after=${after}`);
  if (status !== 200) throw new Error(`the page of events answered ${status}: ${JSON.stringify(body)}`);
  return listOf(body, 'events');
}

/** Returns what the phone received from the kit in a chat. */
export async function readPhone(origin: string, chatId: string): Promise<readonly unknown[]> {
  return listOf((await call(origin, 'GET', `/sandbox/api/messages?chat_id=${chatId}`)).body);
}

/** The text by which the phone knows a message that was sent with this body. */
export function phoneTextOf(body: Readonly<Record<string, unknown>>): string {
  return String(body.message ?? fieldOf(body, 'location', 'name') ?? '');
}
