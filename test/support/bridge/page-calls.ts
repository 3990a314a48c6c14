import assert from 'node:assert/strict';
import type { NewContent } from '../../../services/bridge/page/content.ts';
import type { SendOptions } from '../../../services/bridge/page/sends.ts';
import type { WhatsAppMessage } from '../../../services/contract/events.ts';
import type { PhoneMessage } from '../../../services/sandbox/phone/journal-records.ts';
import { until } from '../until.ts';
import type { PageUnderTest } from './pages-under-test.ts';

let count = 0;

/** A stanza id that no other send has. */
export function newId(): string {
  count += 1;
  return `3EB0CA11${String(count).padStart(14, '0')}`;
}

/** One call of `send`, for 30 s, with an attempt and an id of its own. */
export function send(
  page: PageUnderTest,
  chatId: string,
  content: NewContent,
  more: Partial<SendOptions> = {},
): Promise<WhatsAppMessage | undefined> {
  const stanzaId = more.stanzaId ?? newId();
  const options = { stanzaId, attempt: `attempt:${stanzaId}`, notAfter: Date.now() + 30_000 };
  return page.call((sends) =>
    sends.send(chatId, content, { ...options, prepared: undefined, quotedId: undefined, ...more }),
  );
}

/** Sends it; gives the message as the phone has it. */
export async function sendToPhone(
  page: PageUnderTest,
  chatId: string,
  content: NewContent,
  more: Partial<SendOptions> = {},
): Promise<PhoneMessage> {
  const message = await send(page, chatId, content, more);
  assert.ok(message, 'the page found no chat');
  const kept = page.sandbox.phone.state.messages.get(message.id);
  assert.ok(kept, `the phone has no ${message.id}`);
  return kept;
}

export function text(words: string): NewContent {
  return { kind: 'text', text: words };
}

/** Resolves when the library has announced the own message with this stanza id. */
export async function announced(page: PageUnderTest, stanzaId: string): Promise<void> {
  await until(`the library to announce ${stanzaId}`, () =>
    page.events.some((event) => event.kind === 'message_sent' && event.message.stanza_id === stanzaId),
  );
}

/** How often the page has added a message under this stanza id, as the phone has it. */
export function addsOf({ sandbox }: PageUnderTest, stanzaId: string): number {
  return [...sandbox.phone.state.messages.values()]
    .filter(({ key, from_me }) => from_me && key === stanzaId)
    .reduce((sum, { adds = [] }) => sum + adds.length, 0);
}
