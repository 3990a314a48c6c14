import { toChatId } from '../../services/contract/chat-id.ts';
import { call, fieldOf } from './call.ts';
import type { PersonFacts } from './facts.ts';
import type { Recipient } from './recipients.ts';
import type { Accepted } from './writers.ts';

const MOST = 999;
const MOST_CHATS = 500;

/**
 * What the kit says of these people, asked under every form in which a message was accepted: of an alias that nobody has
 * used, it cannot know whose it is. Throws where the kit gives no lists.
 */
export async function peopleOf(
  origin: string,
  recipients: readonly Recipient[],
  accepted: readonly Accepted[],
): Promise<PersonFacts[]> {
  if (recipients.length === 0) return [];
  const chats = await listOf(`${origin}/api/whatsapp/chats?limit=${MOST_CHATS}`, 'chats');
  return Promise.all(
    recipients.map(async ({ chatId, forms }) => {
      const ids = [...new Set(forms)].map(toChatId);
      const byForm = new Map<string, string[]>();
      const used = accepted.flatMap(({ asked = '' }) => (forms.includes(asked) ? [asked] : []));
      for (const form of new Set([chatId, ...used])) {
        const query = new URLSearchParams({ chat_id: form, limit: String(MOST), order: 'asc' });
        const messages = await listOf(`${origin}/api/whatsapp/messages?${query}`, 'messages');
        byForm.set(
          form,
          messages.map((message) => String(fieldOf(message, 'id'))),
        );
      }
      return {
        chatId,
        byForm,
        chats: chats.flatMap((chat) => (isOf(chat, ids) ? [String(fieldOf(chat, 'id'))] : [])),
      };
    }),
  );
}

/** Whether a chat is of the person with these ids. */
function isOf(chat: unknown, ids: readonly string[]): boolean {
  const person = fieldOf(chat, 'person');
  const names = [fieldOf(chat, 'id'), fieldOf(person, 'lid'), `${fieldOf(person, 'phone_number')}@c.us`];
  return names.some((name) => typeof name === 'string' && ids.includes(name));
}

async function listOf(url: string, name: string): Promise<unknown[]> {
  const { status, json } = await call(url);
  const list = fieldOf(json, name);
  if (status === 200 && Array.isArray(list)) return list;
  throw new Error(`GET ${url} answered ${status}: ${JSON.stringify(json)}`);
}
