/** Carries the boot secret on every internal call; the gate strips it from what comes from outside. */
export const SECRET_HEADER = 'x-gatehouse-secret';

/** The id of a request at the gate, in the access log, the api's log and the problem document. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Largest batch of events: the bridge sends at most 100 at once, each with one message. */
export const MAX_EVENTS_BYTES = 16 * 1024 ** 2;

/** Largest body of a send to the bridge. The api itself bounds media by MEDIA_MAX_BYTES. */
export const MAX_SEND_BYTES = 256 * 1024 ** 2;

/** Largest medium that fits into such a body: base64 turns 3 bytes into 4, and the rest of the body is below 1 MiB. */
export const MAX_MEDIUM_BYTES = 191 * 1024 ** 2;

/** What strangers read while another account is linked: no number. */
export const ACCOUNT_CHANGED_IN_PUBLIC =
  'another account than before is linked, and nothing goes out until you decide: GET /api/whatsapp/account names both';

/** Where a gate asks the api whether the sender of a request holds a key, before the gate reads the body. 204 or a refusal. */
export const ADMISSION_PATH = '/internal/admission';

/** Where the bridge posts its events on the api. */
export const EVENTS_PATH = '/internal/events';
