/** Settings that make a run short. None of them changes what the kit promises. */
export const QUICK = {
  SANDBOX_AUTO_LINK: 'true',
  OUTBOUND_ALLOW_NETWORKS: '127.0.0.0/8',
  OUTBOX_RETRY_MS: '200',
  OUTBOX_RETRY_MAX_MS: '1000',
  WEBHOOK_RETRY_MS: '200',
  WEBHOOK_TIMEOUT_MS: '3000',
} as const;

/** The secret with which the webhooks of a data folder are signed. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** A picture of one dot. */
export const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

const FRIEND = '15550100001@c.us';
/** The chat in which the first message hangs when the kit is killed, and the others queue behind it. */
export const QUEUE = '15550100002@c.us';
/** The chat of a message that hangs, and that the client then cancels. */
export const CANCELED = '15550100003@c.us';
export const UNREGISTERED = '15550100404@c.us';

export interface Send {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The Idempotency-Key. */
  readonly key?: string;
}

/** Messages of every kind, sent to the end before the kit is killed. */
export const SENT: readonly Send[] = [
  { name: 'a text with a key', body: { chat_id: FRIEND, message: 'first' }, key: 'compare-sent' },
  { name: 'a text to a phone number', body: { chat_id: '+1 555 010 0001', message: 'second' } },
  {
    name: 'a text without preview',
    body: { chat_id: FRIEND, message: 'see https://example.com', link_preview: false },
    key: 'compare-preview',
  },
  {
    name: 'a text with a mention',
    body: { chat_id: FRIEND, message: 'hello @15550100009', mentions: ['15550100009'] },
  },
  {
    name: 'a picture',
    body: {
      chat_id: FRIEND,
      message: 'one dot',
      media: { data: DOT, mimetype: 'image/png', filename: 'dot.png' },
    },
    key: 'compare-picture',
  },
  {
    name: 'a document',
    body: { chat_id: FRIEND, media: { data: DOT, mimetype: 'image/png', as_document: true } },
  },
  {
    name: 'a place',
    body: { chat_id: FRIEND, location: { latitude: 52.5, longitude: 13.4, name: 'here', address: 'there' } },
  },
  { name: 'a contact', body: { chat_id: FRIEND, contact: { name: 'Ann', phone_number: '15550100010' } } },
];

/** Messages that wait when the kit is killed. The first one hangs in the page; the others are behind it. */
export const WAITING: readonly Send[] = [
  { name: 'a text in flight', body: { chat_id: QUEUE, message: 'in flight' }, key: 'compare-in-flight' },
  { name: 'a queued text', body: { chat_id: QUEUE, message: 'queued' }, key: 'compare-queued' },
  {
    name: 'a queued text without preview',
    body: { chat_id: QUEUE, message: 'queued https://example.com', link_preview: false },
  },
  {
    name: 'a queued picture',
    body: { chat_id: QUEUE, message: 'queued dot', media: { data: DOT, mimetype: 'image/png' } },
  },
  {
    name: 'a queued place',
    body: { chat_id: QUEUE, location: { latitude: 1, longitude: 2 } },
    key: 'compare-place',
  },
];

/** What people write to this account: two messages that the api takes, and two that wait in the spool. */
export const INCOMING = ['came 1', 'came 2'] as const;
export const SPOOLED = ['spooled 1', 'spooled 2'] as const;
