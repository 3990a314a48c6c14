import type { ErrorEntry } from './entry.ts';

/** Codes of the api, and of every service that takes JSON. */
export const apiErrors = {
  body_invalid: {
    status: 400,
    title: 'Invalid body',
    remedy: 'Mend the fields named in "errors".',
    refusesForm: true,
  },
  query_invalid: {
    status: 400,
    title: 'Invalid query',
    remedy: 'Mend the parameters named in "errors".',
    refusesForm: true,
  },
  header_invalid: {
    status: 400,
    title: 'Invalid header',
    remedy: 'Mend the headers named in "errors".',
    refusesForm: true,
  },
  media_type_unsupported: {
    status: 415,
    title: 'Unsupported media type',
    remedy: 'Send content-type: application/json.',
    refusesForm: true,
  },
  too_many_failures: {
    status: 429,
    title: 'Too many wrong API keys',
    remedy: 'Send a valid key, which passes at any time. Without one, wait Retry-After seconds.',
    retryAfterS: 60,
  },
  key_missing: {
    status: 401,
    title: 'API key missing',
    remedy: 'Send "Authorization: Bearer KEY" or "X-Api-Key: KEY" with one of API_KEYS.',
  },
  key_invalid: {
    status: 401,
    title: 'API key not accepted',
    remedy: 'Send one of the keys in API_KEYS or API_KEYS_FILE.',
  },
  secret_missing: {
    status: 403,
    title: 'Internal route',
    remedy: 'Only the kit itself may call this; go through the public port.',
  },
  key_reused: {
    status: 422,
    title: 'Idempotency key used for another request',
    remedy: 'Use a key of its own for each message; repeat a request with the same key only unchanged.',
  },
  message_final: {
    status: 409,
    title: 'Too late',
    remedy: 'The message has left the outbox: GET /api/whatsapp/messages/{id} tells what became of it.',
  },
  message_waiting: {
    status: 409,
    title: 'Not sent yet',
    remedy: 'Wait until the message is sent, or cancel it: DELETE /api/whatsapp/messages/{id}.',
  },
  message_expired: {
    status: 410,
    title: 'Expired',
    remedy: 'The message was not sent before its expires_at; send it anew.',
  },
  message_canceled: {
    status: 410,
    title: 'Canceled',
    remedy: 'The message was canceled before it was sent.',
  },
  account_unchanged: {
    status: 409,
    title: 'No other account is linked',
    remedy: 'Nothing is to be decided: GET /api/whatsapp/account says to which account the session belongs.',
  },
  outbox_full: {
    status: 503,
    title: 'Outbox full',
    remedy:
      'More messages wait than OUTBOX_MAX_WAITING: see GET /api/whatsapp/status why they do not go out.',
    retryAfterS: 5,
  },
  media_unusable: {
    status: 422,
    title: 'Medium not usable',
    remedy: 'See the detail; send another file, or by upload instead of URL.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  upload_failed: {
    status: 502,
    title: 'Upload to WhatsApp failed',
    remedy: 'The message was not sent: see the detail; send a smaller file, or raise SEND_UPLOAD_TIMEOUT_MS.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  media_too_large: {
    status: 413,
    title: 'Medium too large',
    remedy: 'Send a smaller file, or raise MEDIA_MAX_BYTES.',
  },
  address_refused: {
    status: 422,
    title: 'Address refused',
    remedy: 'Use a public address; for one of your own network set OUTBOUND_ALLOW_NETWORKS.',
  },
  body_memory_full: {
    status: 503,
    title: 'Too many large bodies at once',
    remedy:
      'Send fewer large bodies at once, or by POST /api/whatsapp/media; then come back after Retry-After seconds.',
    retryAfterS: 2,
  },
  readers_busy: {
    status: 503,
    title: 'Too many readers of events',
    remedy:
      'Close streams and WebSockets that nobody reads, or share one; then come back after Retry-After seconds.',
    retryAfterS: 5,
  },
  lookups_busy: {
    status: 503,
    title: 'Too many names wait for DNS',
    remedy: 'Wait Retry-After seconds; if it stays, see whether the DNS servers of the kit answer.',
    retryAfterS: 4,
  },
  webhook_limit: { status: 409, title: 'Too many webhooks', remedy: 'Remove one, or raise WEBHOOKS_MOST.' },
  storage_full: {
    status: 507,
    title: 'Disk full',
    remedy: 'Free space on the volume of the database; nothing was accepted.',
  },
  store_full: {
    status: 507,
    title: 'Store full',
    remedy:
      'Let the receivers of the webhooks named here catch up, or remove those webhooks; or raise STORE_MAX_BYTES. Nothing was accepted, and nothing that was promised is removed.',
  },
  media_store_full: {
    status: 507,
    title: 'No room for media',
    remedy: 'Wait until messages with media have gone out, or raise MEDIA_STORE_BYTES. Nothing was accepted.',
  },
  storage_unavailable: {
    status: 503,
    title: 'Store not available',
    remedy: 'The database cannot be written now: see /health and the log; nothing was accepted.',
    retryAfterS: 5,
  },
  not_found: {
    status: 404,
    title: 'Not found',
    remedy: 'Check the path and the id.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  not_acceptable: {
    status: 406,
    title: 'Not acceptable',
    remedy: 'Ask for one of the types named in the detail.',
  },
} as const satisfies Record<string, ErrorEntry>;
