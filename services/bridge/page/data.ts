import { z } from 'zod';
import { type Chat, chatSchema } from '../../contract/bridge.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import type { Person } from '../../contract/person.ts';
import { type KeyOfMessage, type MessageIds, messageKeySchema, widSchema } from './ids.ts';
import { peopleOfMessage, personIn } from './people/people.ts';

/** What came from the page and was not what it is known to be: WhatsApp Web has probably changed. */
export class PageDataError extends Error {
  override readonly name = 'PageDataError';
}

/** The message of the library's raw data. Throws PageDataError. */
export function readMessage(raw: unknown): WhatsAppMessage {
  const data = parse(rawMessage, raw, 'message');
  const { from_me, ...ids } = keyOf(data);
  const hasMedia = data.directPath !== undefined;
  const message: WhatsAppMessage = {
    ...ids,
    from: data.from ?? ids.chat_id,
    to: data.to ?? ids.chat_id,
    from_me,
    type: data.type ?? 'unknown',
    body: (hasMedia ? data.caption : (data.body ?? data.pollName)) ?? '',
    timestamp: data.t ?? Math.floor(Date.now() / 1000),
    ack: data.ack ?? 0,
    has_media: hasMedia,
    ...(data.author === undefined ? {} : { author: data.author }),
    ...(data.notifyName === undefined ? {} : { sender_name: data.notifyName }),
    ...(data.quotedStanzaID === undefined ? {} : { quoted_stanza_id: data.quotedStanzaID }),
    ...(data.mentionedJidList === undefined || data.mentionedJidList.length === 0
      ? {}
      : { mentions: data.mentionedJidList }),
  };
  return { ...message, ...peopleOfMessage(raw, message) };
}

/** A message that was looked up, and what WhatsApp lets this account do to it. */
export interface FoundMessage extends Pick<WhatsAppMessage, 'id' | 'stanza_id' | 'chat_id'> {
  readonly from_me: boolean;
  readonly timestamp: number;
  readonly ack: number;
  readonly type: string;
  readonly body: string;
  readonly mayEdit: boolean;
  readonly mayRevoke: boolean;
  /** The page has given up sending it, and does nothing more by itself. */
  readonly isFailed: boolean;
  /** It has failed, and WhatsApp's server certainly does not have it. */
  readonly isRefused: boolean;
  /** WhatsApp's server has it, but not its last edit. */
  readonly isEditFailed: boolean;
  /** Why the page counts it as failed, where it says so: a name of `WAWebErrorType`. */
  readonly errorCode?: string | undefined;
}

/** A message that this account has sent, and whether its send failed; see FoundMessage. */
export type OwnMessage = WhatsAppMessage & Pick<FoundMessage, 'isFailed' | 'isRefused'>;

/** What `listChats` gives. Throws PageDataError. */
export function readChats(raw: unknown): Chat[] {
  return parse(z.array(z.unknown()), raw, 'list of chats').map((item) => {
    const chat = parse(chatSchema.omit({ person: true }), item, 'chat');
    const person = personIn(item, chat.id);
    return person === undefined ? chat : { ...chat, person };
  });
}

/** What `ownSince` gives. Throws PageDataError. */
export function readOwn(raw: unknown): OwnMessage[] {
  const list = parse(z.array(ownMessage), raw, 'list of own messages');
  return list.map(({ message, isFailed, isRefused }) => ({ ...readMessage(message), isFailed, isRefused }));
}

/** What `findInChat` gives. Throws PageDataError. */
export function readFound(raw: unknown): FoundMessage {
  const { id, t, ...about } = parse(foundMessage, raw, 'message that was looked up');
  return { ...id, timestamp: t, ...about };
}

/** Which message it is, and whose chat: an acknowledgement needs no more. Throws PageDataError. */
export function readMessageIds(raw: unknown): MessageIds & { readonly person?: Person | undefined } {
  const { id, stanza_id, chat_id } = keyOf(parse(identified, raw, 'message'));
  const person = personIn(raw, chat_id);
  return { id, stanza_id, chat_id, ...(person === undefined ? {} : { person }) };
}

/** Parses with a schema. Throws PageDataError that names what was read. */
export function parse<T>(schema: z.ZodType<T>, raw: unknown, what: string): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw new PageDataError(
    `the ${what} from WhatsApp Web is not as expected: ${z.prettifyError(result.error)}`,
  );
}

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const identified = z.object({
  id: messageKeySchema,
  type: maybe(z.string()),
  protocolMessageKey: maybe(messageKeySchema),
});

/**
 * The key under which a message was known from the start. A deletion for everyone gives the message its own key, and
 * keeps the former one. Source: `WAWebRevoke.getMsgKeyAfterRevoke`, `WAWebRevokeMsgAction` (jigger@0fbd5e1a).
 */
function keyOf({ id, type, protocolMessageKey }: z.infer<typeof identified>): KeyOfMessage {
  return type === 'revoked' ? (protocolMessageKey ?? id) : id;
}

const foundMessage = identified.extend({
  t: z.number().int(),
  ack: z.number().int().catch(0),
  type: z.string(),
  body: z.string(),
  mayEdit: z.boolean(),
  mayRevoke: z.boolean(),
  isFailed: z.boolean(),
  isRefused: z.boolean(),
  isEditFailed: z.boolean(),
  errorCode: maybe(z.string()),
});

const ownMessage = z.object({ message: z.unknown(), isFailed: z.boolean(), isRefused: z.boolean() });

const rawMessage = identified.extend({
  body: maybe(z.string()),
  caption: maybe(z.string()),
  pollName: maybe(z.string()),
  t: maybe(z.number().int()),
  ack: maybe(z.number().int()),
  from: maybe(widSchema),
  to: maybe(widSchema),
  author: maybe(widSchema),
  notifyName: maybe(z.string()),
  directPath: maybe(z.string()),
  quotedStanzaID: maybe(z.string()),
  mentionedJidList: maybe(z.array(widSchema)),
});
