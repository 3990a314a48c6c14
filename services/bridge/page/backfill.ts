import { z } from 'zod';
import { PageDataError, parse, readMessage } from './data.ts';
import { LOAD_EARLIER } from './earlier-messages.ts';
import { TEXT_OF } from './ids.ts';
import { editTimeOf, type InboundEvent } from './inbound-events.ts';
import { IS_WRITTEN } from './message-kinds.ts';
import type { WhatsApp } from './whatsapp.ts';

/** Messages that one step reads: so many hold up nothing else that the page does. */
const STEP_MESSAGES = 50;

/** A chat in which something happened, newest first. */
export interface ActiveChat {
  readonly id: string;
  /** Unix time in seconds of its last activity. */
  readonly t: number;
}

/** Some of the messages of a chat, oldest first. */
export interface ChatPiece {
  readonly events: readonly InboundEvent[];
  /** Where the next piece begins; undefined after the last. */
  readonly next: number | undefined;
  /** There are more than may be looked at: the oldest are left out. */
  readonly isCut: boolean;
}

/** The chats with activity since then, newest first. */
export async function readActiveChats(whatsapp: Pick<WhatsApp, 'run'>, since: number): Promise<ActiveChat[]> {
  return parse(z.array(activeChat), await whatsapp.run(activeChats(since)), 'list of active chats');
}

/** Returns when this load of the page began, in Unix seconds. */
export async function readLoadTime(whatsapp: Pick<WhatsApp, 'run'>): Promise<number> {
  return parse(z.number(), await whatsapp.run('performance.timeOrigin / 1000'), 'time of the load');
}

/** Which messages of a chat are read. */
export interface ChatRange {
  /** Unix time in seconds: what is older is left out. */
  readonly since: number;
  /** How many of them a piece leaves out: the pieces before it. */
  readonly from: number;
  /** The most messages of a chat. */
  readonly most: number;
  /** Whether the page may load what it does not hold yet. */
  readonly mayLoad: boolean;
}

/** The messages of a chat in that range, as inbound events with the same keys as live events. */
export async function readChatPiece(
  whatsapp: Pick<WhatsApp, 'run'>,
  chatId: string,
  range: ChatRange,
): Promise<ChatPiece> {
  const raw = await whatsapp.run(chatPiece(chatId, range));
  // Or the same piece would be read again and again.
  const movesOn = pieceSchema.refine(({ next }) => next === null || (next > range.from && next < range.most));
  const { messages, next, isCut } = parse(movesOn, raw, 'piece of a chat');
  return { events: messages.flatMap(eventsOf), next: next ?? undefined, isCut };
}

const activeChat = z.object({ id: z.string(), t: z.number().int() });
const pieceSchema = z.object({
  messages: z.array(z.unknown()),
  next: z.number().int().nullable(),
  isCut: z.boolean(),
});

/** What a message in a chat says today. What was there and is overwritten (an earlier text) is not known. */
function eventsOf(raw: unknown): InboundEvent[] {
  try {
    const message = readMessage(raw);
    if (message.type === 'revoked') return [{ kind: 'revoked', message }];
    const editedAt = editTimeOf(raw);
    return [
      { kind: message.from_me ? 'message_sent' : 'message', message },
      ...(message.from_me && message.ack !== 0 ? [{ kind: 'ack' as const, message, ack: message.ack }] : []),
      ...(editedAt === undefined
        ? []
        : [{ kind: 'edited' as const, message, previousBody: undefined, editedAt }]),
    ];
  } catch (error) {
    if (error instanceof PageDataError) return [{ kind: 'unreadable', error }];
    throw error;
  }
}

/**
 * Only chats with people. Channels and broadcasts are no news, and to read `status@broadcast` soon after pairing has cost
 * accounts their link. Source: OpenWA#1040, OpenWA#1072.
 */
const IS_PERSONAL = `
  const isPersonal = (id) => !/@(broadcast|newsletter)$/.test(id);`;

function activeChats(since: number): string {
  return `(() => {
    ${TEXT_OF}${IS_PERSONAL}
    return window.require('WAWebCollections').Chat.getModelsArray()
      .map((chat) => ({ id: textOf(chat.id), t: Math.floor(chat.t ?? 0) }))
      .filter(({ id, t }) => t >= ${since} && isPersonal(id)).sort((a, b) => b.t - a.t);
  })()`;
}

/**
 * Of the messages since a time, oldest first, some from a number on. What is no message of anybody (notices of the
 * page) or cannot be read yet (`ciphertext`: once decrypted it is told live) is left out, as it is in what is live.
 */
function chatPiece(chatId: string, { since, from, most, mayLoad }: ChatRange): string {
  return `(async () => {
    ${TEXT_OF}${LOAD_EARLIER}${IS_WRITTEN}${IS_PERSONAL}
    const id = ${JSON.stringify(chatId)};
    const chat = window.require('WAWebCollections').Chat.get(window.require('WAWebWidFactory').createWid(id));
    if (!chat || !isPersonal(id)) return { messages: [], next: null, isCut: false };
    const held = () => chat.msgs.getModelsArray();
    const reaches = () => held().some((msg) => msg.t < ${since});
    const mayLoad = ${mayLoad && from === 0};
    const { isWhole } = await loadEarlier(chat, () => !mayLoad || reaches() || held().length >= ${most});
    const all = held().filter((msg) => msg.t >= ${since} && isWritten(msg)).sort((a, b) => a.t - b.t);
    const found = all.slice(-${most});
    const piece = found.slice(${from}, ${from + STEP_MESSAGES});
    return {
      messages: piece.map((msg) => window.WWebJS.getMessageModel(msg)),
      next: ${from + STEP_MESSAGES} < found.length ? ${from + STEP_MESSAGES} : null,
      isCut: !isWhole || all.length > found.length || (!reaches() && held().length >= ${most}),
    };
  })()`;
}
