import { setting } from '../setting.ts';

const STORE = 'Store';
const OUTBOX = 'Outbox';
const PACING = 'Pacing';
const WEBHOOKS = 'Webhooks';

/** What happens to accepted messages, and to the events that come of them. */
export const messageSettings = {
  /** Where messages, events and webhooks are kept, and for how long. */
  store: {
    databaseUrl: setting({
      doc: 'A PostgreSQL database, as postgres://user:password@host:5432/name. Unset: SQLite in DATA_DIR.',
      env: 'DATABASE_URL',
      format: 'database-url',
      default: '',
      sensitive: true,
      group: STORE,
    }),
    folder: setting({
      doc: 'Where the SQLite database and the spool of the bridge lie; DATA_DIR when unset. Must outlive a deploy.',
      env: 'STORE_DIR',
      format: 'path',
      default: '',
      group: STORE,
    }),
    eventsKeepDays: setting({
      doc: 'Events older than this are removed, delivered or not.',
      env: 'EVENTS_KEEP_DAYS',
      format: 'limit',
      default: 30,
      group: STORE,
    }),
    messagesKeepDays: setting({
      doc: 'Messages that ended longer ago than this are removed.',
      env: 'MESSAGES_KEEP_DAYS',
      format: 'limit',
      default: 90,
      group: STORE,
    }),
    maxBytes: setting({
      doc: 'About how much messages and events may take. Beyond it the oldest delivered events and ended messages go before their time. Waiting messages and events that a webhook still wants stay; if they fill the store, sends are refused with 507.',
      env: 'STORE_MAX_BYTES',
      format: 'bytes',
      default: 2 * 1024 ** 3,
      group: STORE,
    }),
    spoolMaxBytes: setting({
      doc: 'Most that the bridge keeps on disk of events that the api has not taken; beyond it the oldest go.',
      env: 'SPOOL_MAX_BYTES',
      format: 'bytes',
      default: 256 * 1024 ** 2,
      group: STORE,
    }),
  },

  /** How accepted messages go out. */
  outbox: {
    ttlHours: setting({
      doc: 'How long a message is tried that names no expires_at of its own.',
      env: 'MESSAGE_TTL_HOURS',
      format: 'limit',
      default: 24,
      group: OUTBOX,
    }),
    maxWaiting: setting({
      doc: 'Most messages that may wait at once; further ones are refused with 503.',
      env: 'OUTBOX_MAX_WAITING',
      format: 'limit',
      default: 100_000,
      group: OUTBOX,
    }),
    concurrency: setting({
      doc: 'Most messages, each of another chat, that wait for WhatsApp at the same time. As many texts with a link, and up to 4 media, may be in preparation meanwhile.',
      env: 'OUTBOX_CONCURRENCY',
      format: 'limit',
      default: 8,
      group: OUTBOX,
    }),
    retryMs: setting({
      doc: 'Wait before a message is tried again; each further one is twice as long.',
      env: 'OUTBOX_RETRY_MS',
      format: 'time-limit',
      default: 1_000,
      group: OUTBOX,
    }),
    retryMaxMs: setting({
      doc: 'Longest wait before a message is tried again.',
      env: 'OUTBOX_RETRY_MAX_MS',
      format: 'time-limit',
      default: 60_000,
      group: OUTBOX,
    }),
    mediaMaxBytes: setting({
      doc: 'Largest medium that is sent, uploaded or fetched. WhatsApp itself takes 16 MiB, and documents up to 2 GiB (likely).',
      env: 'MEDIA_MAX_BYTES',
      format: 'bytes',
      default: 16 * 1024 ** 2,
      group: OUTBOX,
    }),
    mediaStoreBytes: setting({
      doc: 'How much the files of waiting messages and uploads may take in the store; uploads half of it at most. Above it, 507.',
      env: 'MEDIA_STORE_BYTES',
      format: 'bytes',
      default: 1024 ** 3,
      group: OUTBOX,
    }),
    bodyMemoryBytes: setting({
      doc: 'Memory for the bodies of requests and the files of media URLs that the api reads at one moment; one client may have three quarters. More wait unread, for 10 s at most, then 503.',
      env: 'API_BODY_MEMORY',
      format: 'bytes',
      default: 64 * 1024 ** 2,
      group: OUTBOX,
    }),
    mediaTypes: setting({
      doc: 'Media types that are sent, separated by commas; type/* is any of a kind.',
      env: 'MEDIA_TYPES',
      format: 'media-types',
      default: ['image/*', 'video/*', 'audio/*', 'application/*', 'text/*'],
      group: OUTBOX,
    }),
    mediaFetchTimeoutMs: setting({
      doc: 'Longest the fetch of a medium from its URL may take.',
      env: 'MEDIA_FETCH_TIMEOUT_MS',
      format: 'time-limit',
      default: 30_000,
      group: OUTBOX,
    }),
    ackTimeoutMs: setting({
      doc: "Longest WhatsApp's server may take to acknowledge a message before the session counts as degraded and is healed step by step.",
      env: 'ACK_TIMEOUT_MS',
      format: 'time-limit',
      default: 60_000,
      group: OUTBOX,
    }),
  },

  /** What keeps a number from being blocked for writing too much, too fast, to strangers. */
  pacing: {
    mode: setting({
      doc: 'auto paces on real WhatsApp and not on the sandbox.',
      env: 'PACING',
      format: ['auto', 'on', 'off'],
      default: 'auto',
      group: PACING,
    }),
    gapMs: setting({
      doc: 'Least time between two messages.',
      env: 'PACING_GAP_MS',
      format: 'milliseconds',
      default: 500,
      group: PACING,
    }),
    jitterMs: setting({
      doc: 'Up to this much more, by chance.',
      env: 'PACING_JITTER_MS',
      format: 'milliseconds',
      default: 1_500,
      group: PACING,
    }),
    perMinute: setting({
      doc: 'Most messages in a minute.',
      env: 'PACING_PER_MINUTE',
      format: 'limit',
      default: 30,
      group: PACING,
    }),
    firstContactsPerDay: setting({
      doc: 'Most people written to for the first time in 24 hours; the rest waits. Chats that have written, and groups, do not count.',
      env: 'PACING_FIRST_CONTACTS_PER_DAY',
      format: 'count',
      default: 50,
      group: PACING,
    }),
    parkMinutes: setting({
      doc: 'How long messages to strangers wait after WhatsApp has restricted the number; the others go on.',
      env: 'PACING_PARK_MINUTES',
      format: 'limit',
      default: 360,
      group: PACING,
    }),
  },

  /** Where events are posted to, and how long that is tried. */
  webhooks: {
    most: setting({
      doc: 'Most webhooks there may be.',
      env: 'WEBHOOKS_MOST',
      format: 'limit',
      default: 50,
      group: WEBHOOKS,
    }),
    timeoutMs: setting({
      doc: 'Longest a receiver may take to answer.',
      env: 'WEBHOOK_TIMEOUT_MS',
      format: 'time-limit',
      default: 15_000,
      group: WEBHOOKS,
    }),
    retryMs: setting({
      doc: 'Wait before a delivery is tried again; each further one is twice as long, up to an hour.',
      env: 'WEBHOOK_RETRY_MS',
      format: 'time-limit',
      default: 5_000,
      group: WEBHOOKS,
    }),
    retryHours: setting({
      doc: 'How long a delivery is tried before it becomes a dead letter.',
      env: 'WEBHOOK_RETRY_HOURS',
      format: 'limit',
      default: 72,
      group: WEBHOOKS,
    }),
    allowNetworks: setting({
      doc: 'Private networks that webhooks and media may be on after all, as addresses with a prefix length (10.1.0.0/16), separated by commas.',
      env: 'OUTBOUND_ALLOW_NETWORKS',
      format: 'networks',
      default: [],
      group: WEBHOOKS,
    }),
  },
};
