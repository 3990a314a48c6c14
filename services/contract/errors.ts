/** What each code means: its HTTP status, its title (constant per code) and what to do about it. */
export const ERRORS = {
  // admission, at the gate
  host_invalid: [400, 'Invalid Host', 'Send exactly one Host header, of the form name or name:port.'],
  target_invalid: [
    400,
    'Invalid request target',
    'Send the path in its canonical form: no //, no . or .. segments, no \\, #, ; or encoded separators.',
  ],
  target_foreign: [
    400,
    'Foreign authority',
    'Send the path alone, or an absolute URL whose authority equals Host.',
  ],
  framing_invalid: [
    400,
    'Invalid message framing',
    'Send a Content-Length or exactly "Transfer-Encoding: chunked", over HTTP/1.1.',
  ],
  request_malformed: [400, 'Malformed request', 'Send a well-formed HTTP/1.1 request.'],
  method_refused: [
    405,
    'Method not allowed',
    'Use one of the methods in Allow, or those that the documents list for this path.',
  ],
  origin_refused: [
    403,
    'Foreign origin',
    'Call the kit from a program, or from a page of its own, not from a web page of another site.',
  ],
  expectation_failed: [417, 'Expectation failed', 'The only expectation understood is 100-continue.'],
  body_too_large: [413, 'Body too large', 'Send a smaller body, or raise GATE_MAX_BODY_BYTES.'],
  headers_too_large: [431, 'Headers too large', 'Send fewer or shorter headers.'],
  request_timeout: [408, 'Request too slow', 'Send the request faster.'],
  rate_limited: [
    429,
    'Too many requests',
    'Send less often: wait Retry-After seconds; or raise GATE_CLIENT_RATE.',
  ],
  too_many_requests_at_once: [
    429,
    'Too many requests at once',
    'Wait for answers before sending more, or raise GATE_CLIENT_CONCURRENCY.',
  ],
  route_unknown: [404, 'No such route', 'See the README for the routes that this kit exposes.'],
  upgrade_refused: [
    400,
    'Upgrade refused',
    'Only WebSocket upgrades, and only on the routes that declare them, are forwarded.',
  ],
  loop_detected: [
    508,
    'Loop detected',
    'The gate is its own upstream, directly or by another proxy: correct the ports.',
  ],
  // forwarding, at the gate
  service_unavailable: [
    503,
    'Service unavailable',
    'The service is starting or restarting: try again after Retry-After seconds; /health and the log say more.',
  ],
  service_refused: [502, 'Service failed', 'The service broke off the exchange: see its log.'],
  service_silent: [
    504,
    'Service did not answer',
    'See the log of the service, or raise GATE_UPSTREAM_TIMEOUT_MS.',
  ],
  // the api
  body_invalid: [400, 'Invalid body', 'Mend the fields named in "errors".'],
  query_invalid: [400, 'Invalid query', 'Mend the parameters named in "errors".'],
  header_invalid: [400, 'Invalid header', 'Mend the headers named in "errors".'],
  media_type_unsupported: [415, 'Unsupported media type', 'Send content-type: application/json.'],
  key_missing: [
    401,
    'API key missing',
    'Send "Authorization: Bearer KEY" or "X-Api-Key: KEY" with one of API_KEYS.',
  ],
  key_invalid: [401, 'API key not accepted', 'Send one of the keys in API_KEYS.'],
  secret_missing: [403, 'Internal route', 'Only the kit itself may call this; go through the public port.'],
  key_reused: [
    422,
    'Idempotency key used for another request',
    'Use a key of its own for each message; repeat a request with the same key only unchanged.',
  ],
  message_final: [
    409,
    'Too late',
    'The message has left the outbox: GET /api/whatsapp/messages/{id} tells what became of it.',
  ],
  message_waiting: [
    409,
    'Not sent yet',
    'Wait until the message is sent, or cancel it: DELETE /api/whatsapp/messages/{id}.',
  ],
  message_expired: [410, 'Expired', 'The message was not sent before its expires_at; send it anew.'],
  message_canceled: [410, 'Canceled', 'The message was canceled before it was sent.'],
  outbox_full: [
    503,
    'Outbox full',
    'More messages wait than OUTBOX_MAX_WAITING: see GET /api/whatsapp/status why they do not go out.',
  ],
  media_unusable: [
    422,
    'Medium not usable',
    'See the detail; send another file, or by upload instead of URL.',
  ],
  upload_failed: [
    502,
    'Upload to WhatsApp failed',
    'The message was not sent: see the detail; send a smaller file, or raise SEND_UPLOAD_TIMEOUT_MS.',
  ],
  media_too_large: [413, 'Medium too large', 'Send a smaller file, or raise MEDIA_MAX_BYTES.'],
  address_refused: [
    422,
    'Address refused',
    'Use a public address; for one of your own network set OUTBOUND_ALLOW_NETWORKS.',
  ],
  webhook_limit: [409, 'Too many webhooks', 'Remove one, or raise WEBHOOKS_MOST.'],
  storage_full: [507, 'Disk full', 'Free space on the volume of the database; nothing was accepted.'],
  storage_unavailable: [
    503,
    'Store not available',
    'The database cannot be written now: see /health and the log; nothing was accepted.',
  ],
  not_found: [404, 'Not found', 'Check the path and the id.'],
  not_acceptable: [406, 'Not acceptable', 'Ask for one of the types named in the detail.'],
  // WhatsApp, at the bridge
  whatsapp_not_ready: [
    503,
    'WhatsApp is not ready',
    'Link the phone (GET /api/whatsapp/qr) or wait: GET /api/whatsapp/status says what is missing.',
  ],
  qr_unavailable: [
    409,
    'No QR code now',
    'A code exists only while the session waits for a scan: see GET /api/whatsapp/status.',
  ],
  already_linked: [409, 'Already linked', 'POST /api/whatsapp/reset-session first, to link another phone.'],
  recipient_invalid: [
    422,
    'Recipient not usable',
    'Send a phone number with its country code, or a WhatsApp id such as 15551234567@c.us.',
  ],
  recipient_not_on_whatsapp: [
    422,
    'Recipient not on WhatsApp',
    'Check the number: WhatsApp knows no account for it.',
  ],
  recipient_not_resolvable: [
    422,
    'Recipient not resolvable',
    'WhatsApp gives no address for this number now: let the recipient write first, then try again.',
  ],
  chat_unknown: [404, 'Unknown chat', 'GET /api/whatsapp/chats lists the chats of this session.'],
  recipient_restricted: [
    429,
    'WhatsApp restricts first contacts',
    'Messages to strangers wait for PACING_PARK_MINUTES; all others go on.',
  ],
  send_refused: [502, 'WhatsApp refused the message', 'See the detail; the message was not sent.'],
  send_failed: [
    502,
    'WhatsApp Web failed to send',
    'See the detail; the message was not sent, and is tried again.',
  ],
  outcome_unknown: [
    504,
    'Outcome unknown',
    'The message may have been sent: look at its chat on the phone. Send it again, as a new message, only if it is not there. A late acknowledgement corrects the status.',
  ],
  contract_refused: [
    502,
    'Refused by the bridge',
    'The bridge does not take a message of this form, and never will: the detail names the field. Change that field and send a new message. Run the api and the bridge from one release.',
  ],
  bridge_failed: [502, 'WhatsApp bridge failed', 'See the log of the bridge.'],
  // every process
  already_running: [500, 'Already running', 'Stop the other one, or set another DATA_DIR.'],
  data_dir_unusable: [
    500,
    'Data folder not usable',
    'Mount a volume that the kit may write, or set another DATA_DIR.',
  ],
  port_busy: [500, 'Port in use', 'Stop the process that holds the port, or set another port.'],
  internal_error: [500, 'Internal error', 'See the log for the request id, and report it.'],
} as const satisfies Record<string, readonly [status: number, title: string, remedy: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** The codes with which a service refuses the form of a call: nothing was done, and each repetition is refused too. */
export const CONTRACT_CODES: readonly ErrorCode[] = [
  'body_invalid',
  'query_invalid',
  'header_invalid',
  'body_too_large',
  'media_type_unsupported',
];

/** An error whose `code` callers may branch on; its wording may change. */
export class KitError extends Error {
  override readonly name = 'KitError';
  readonly code: ErrorCode;
  /** What was wrong, by field, parameter or header. */
  readonly fields: readonly FieldError[] | undefined;
  /** The accepted message that this became of. */
  readonly messageId: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { fields?: readonly FieldError[]; messageId?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.fields = options.fields;
    this.messageId = options.messageId;
  }
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}

/** The text of anything that was thrown, for a log or a message. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
