import type { ErrorEntry } from './entry.ts';

/** Codes of the bridge: what WhatsApp, its page or the browser did. */
export const whatsappErrors = {
  whatsapp_not_ready: {
    status: 503,
    title: 'WhatsApp is not ready',
    remedy: 'Link the phone (GET /api/whatsapp/qr) or wait: GET /api/whatsapp/status says what is missing.',
    retryAfterS: 5,
    isAboutWhatsApp: true,
    retry: 'repeat',
  },
  qr_unavailable: {
    status: 409,
    title: 'No QR code now',
    remedy: 'A code exists only while the session waits for a scan: see GET /api/whatsapp/status.',
    isAboutWhatsApp: true,
  },
  already_linked: {
    status: 409,
    title: 'Already linked',
    remedy: 'POST /api/whatsapp/reset-session first, to link another phone.',
    isAboutWhatsApp: true,
  },
  passkey_unavailable: {
    status: 409,
    title: 'No passkey is asked for now',
    remedy:
      'WhatsApp asks for a passkey only after the phone has scanned a code: see GET /api/whatsapp/status. A challenge that has expired is followed by another: GET /api/whatsapp/passkey.',
    isAboutWhatsApp: true,
  },
  passkey_refused: {
    status: 422,
    title: 'The passkey answer is not usable',
    remedy:
      'The detail says why. GET /api/whatsapp/passkey gives a new token and a new snippet; run it in a tab at https://web.whatsapp.com.',
    isAboutWhatsApp: true,
  },
  recipient_invalid: {
    status: 422,
    title: 'Recipient not usable',
    remedy: 'Send a phone number with its country code, or a WhatsApp id such as 15551234567@c.us.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  recipient_not_on_whatsapp: {
    status: 422,
    title: 'Recipient not on WhatsApp',
    remedy: 'Check the number: WhatsApp knows no account for it.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  recipient_not_resolvable: {
    status: 422,
    title: 'Recipient not resolvable',
    remedy: 'WhatsApp gives no address for this number now: let the recipient write first, then try again.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  chat_unknown: {
    status: 404,
    title: 'Unknown chat',
    remedy: 'GET /api/whatsapp/chats lists the chats of this session.',
    isAboutWhatsApp: true,
    isFinal: true,
  },
  recipient_restricted: {
    status: 429,
    title: 'WhatsApp restricts first contacts',
    remedy: 'See the detail. Messages to strangers wait for PACING_PARK_MINUTES; all others go on.',
    isAboutWhatsApp: true,
    retry: 'repeat',
    leavesDoubt: true,
  },
  account_changed: {
    status: 409,
    title: 'Another account is linked',
    remedy:
      'GET /api/whatsapp/account (gatehouse account) names both accounts. Link the first phone again, or choose what becomes of its messages: POST /api/whatsapp/account/adopt sends them from the account that is linked now, POST /api/whatsapp/account/cancel cancels them. A message that failed with this code refers to one of the other account: send it again without that.',
    isAboutWhatsApp: true,
    retry: 'repeat',
  },
  page_incompatible: {
    status: 503,
    title: 'WhatsApp Web has changed',
    remedy:
      'Messages of this kind wait, and go out by themselves when a later page or a later release of the kit restores the capability; all others go on. GET /api/whatsapp/compat names what is broken. Update the kit, or cancel the message: DELETE /api/whatsapp/messages/{id}.',
    retryAfterS: 60,
    isAboutWhatsApp: true,
    retry: 'repeat',
  },
  send_refused: {
    status: 502,
    title: 'WhatsApp refused the message',
    remedy: 'See the detail for the reason and what to do; the message is not tried again.',
    isAboutWhatsApp: true,
    isFinal: true,
    leavesDoubt: true,
  },
  send_failed: {
    status: 502,
    title: 'WhatsApp Web failed to send',
    remedy: 'See the detail; the message was not accepted, and is tried again until it expires.',
    isAboutWhatsApp: true,
    retry: 'repeat',
    leavesDoubt: true,
  },
  outcome_unknown: {
    status: 504,
    title: 'Outcome unknown',
    remedy:
      'The message may have been sent: look at its chat on the phone. Send it again, as a new message, only if it is not there. A late acknowledgement corrects the status.',
    isAboutWhatsApp: true,
    retry: 'look_first',
    leavesDoubt: true,
  },
  contract_refused: {
    status: 502,
    title: 'Refused by the bridge',
    remedy:
      'The bridge does not take a message of this form, and never will: the detail names the field. Change that field and send a new message. Run the api and the bridge from one release.',
    isFinal: true,
  },
  bridge_failed: {
    status: 502,
    title: 'WhatsApp bridge failed',
    remedy: 'See the log of the bridge.',
    retry: 'look_first',
  },
} as const satisfies Record<string, ErrorEntry>;
