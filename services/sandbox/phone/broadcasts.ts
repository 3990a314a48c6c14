import type { WireChat, WireMessage } from '../web/wire.ts';

/** Every account has these without doing anything: status posts of its contacts, and a channel that it follows. */
export const STATUS = 'status@broadcast';
const CHANNEL = '120363144038483540@newsletter';

const AUTHORS = ['15557770001@c.us', '15557770002@c.us'];
/** Posts of a status disappear after a day; these are from the hours before the phone came up. */
const FIRST_T = Math.floor(Date.now() / 1000) - 3 * 3600;
const APART_SECONDS = 600;

export const BROADCAST_CHATS: readonly WireChat[] = [
  { id: STATUS, name: 'Status', unread: 0 },
  { id: CHANNEL, name: 'WhatsApp', unread: 0 },
];

/** Their messages, oldest first. They are not in the journal: no person wrote them to this account. */
export const BROADCASTS: readonly WireMessage[] = [
  ...[0, 1, 2].map((n) => post(STATUS, n, AUTHORS[n % AUTHORS.length], { isStatusV3: true })),
  ...[3, 4].map((n) => post(CHANNEL, n, undefined, {})),
];

function post(chatId: string, n: number, author: string | undefined, details: object): WireMessage {
  const key = `3A${String(n).padStart(18, '0')}`;
  return {
    id: `false_${chatId}_${key}${author === undefined ? '' : `_${author}`}`,
    key,
    from_me: false,
    chat_id: chatId,
    author,
    name: author === undefined ? 'WhatsApp' : 'Bob',
    type: 'chat',
    body: `post ${n}`,
    t: FIRST_T + n * APART_SECONDS,
    ack: 1,
    details: { ...details },
  };
}
