import { ERRORS, isErrorCode } from '../../../services/contract/errors.ts';

/** What a reason of the outbox says, in the words of the api, and what to do about it. */
const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /^(?:a cancel .*)?account_changed: it belongs/,
    'link the phone of that account again, or cancel the message with DELETE',
  ],
  [
    /account_changed/,
    'link the first phone again, or run: gatehouse account, then gatehouse account adopt or gatehouse account cancel',
  ],
  [/session is qr/, 'link a phone: open /api/whatsapp/qr and scan'],
  [/session is offline/, 'see "WhatsApp is reached" of gatehouse doctor: DNS, firewall, proxy'],
  [
    /session is degraded/,
    'the bridge heals by itself; let the phone be online, then POST /api/whatsapp/disconnect and /connect',
  ],
  [/session is (stopped|disconnected)/, 'POST /api/whatsapp/connect'],
  [
    /session is (starting|syncing|pairing)/,
    'wait two minutes; then see "Browser starts" of gatehouse doctor',
  ],
  [
    /refused the connection|bridge .*(unreachable|did not answer|closed)/,
    'the bridge is away: see "The api reaches the bridge" of gatehouse doctor',
  ],
  [/first contacts/, "wait for the next day's budget, or raise PACING_FIRST_CONTACTS_PER_DAY with care"],
  [/strangers/, 'wait PACING_PARK_MINUTES, or let the recipient write first'],
  [/^paced/, 'wait: PACING_PER_MINUTE and PACING_GAP_MS say how fast; or raise them with care'],
  [
    /it is being sent/,
    'wait SEND_TIMEOUT_MS; the bridge then looks whether it is in the chat, and sends it once',
  ],
  [
    /waits for its turn/,
    'messages of one chat go out in order: follow the one before it (GET /api/whatsapp/messages?chat_id=…&status=queued)',
  ],
];

/** The next step for a code of docs/errors.md, or for a reason. */
export function remedyFor(codeOrReason: string | undefined): string {
  if (isErrorCode(codeOrReason)) return ERRORS[codeOrReason].remedy;
  return (
    REMEDIES.find(([pattern]) => pattern.test(codeOrReason ?? ''))?.[1] ??
    'see gatehouse doctor without "message", and the lines of the api in the log'
  );
}
