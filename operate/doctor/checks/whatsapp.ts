import { z } from 'zod';
import { isErrorCode } from '../../../services/contract/errors.ts';
import type { SessionState } from '../../../services/contract/events.ts';
import { type Answer, jsonOf } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import type { Context } from '../context.ts';
import { formatAge } from '../format-units.ts';
import { healthSchema } from './services.ts';

const statusSchema = z.object({
  state: z.string(),
  since: z.string().optional(),
  reason: z.string().optional(),
  whatsapp_ready: z.boolean(),
  last_ack_at: z.string().optional(),
  events_waiting: z.number().optional(),
  outbox: z
    .object({
      waiting: z.number(),
      oldest_accepted_at: z.string().optional(),
      held: z.number().default(0),
      reason: z.string().optional(),
    })
    .optional(),
});
export type WhatsAppStatus = z.infer<typeof statusSchema>;

type Advice = readonly [severity: 'note' | 'warning' | 'error', cause: string, remedy: string];

/** For each state of the session but `ready`: how bad, why nothing goes out, and the next step. */
const STATES: Readonly<
  Record<Exclude<SessionState, 'ready'> | 'account_changed' | 'bridge_unreachable', Advice>
> = {
  account_changed: [
    'error',
    'another account than before is linked: nothing goes out, so that no message goes out from the wrong number',
    'see "WhatsApp account"',
  ],
  qr: [
    'warning',
    'no phone is linked: what is sent waits',
    'open /api/whatsapp/qr in a browser and scan it with the phone',
  ],
  pairing: ['note', 'a phone is being linked', 'type the code on the phone'],
  passkey: [
    'warning',
    'the phone has scanned, and WhatsApp asks for the passkey of the account: what is sent waits',
    'run: gatehouse passkey',
  ],
  starting: [
    'note',
    'the browser starts',
    'look again in two minutes; if it is still so, see "Browser starts"',
  ],
  syncing: [
    'note',
    'the phone is linked, and WhatsApp Web loads its chats',
    'look again in two minutes; if it is still so, let the phone be online',
  ],
  offline: [
    'error',
    'this machine does not reach WhatsApp',
    'see "WhatsApp is reached": DNS, firewall, proxy; the bridge keeps trying',
  ],
  degraded: [
    'error',
    'the phone is linked, and nothing goes out for the reason above; the bridge heals step by step',
    'do what the reason says; else wait ten minutes, then POST /api/whatsapp/disconnect and /connect',
  ],
  disconnected: [
    'error',
    'a browser has ended for the reason above; the bridge starts the next one by itself',
    'do what the reason says; where the phone was unlinked, scan again',
  ],
  stopped: [
    'warning',
    'the session was stopped by POST /api/whatsapp/disconnect',
    'POST /api/whatsapp/connect',
  ],
  bridge_unreachable: [
    'error',
    'the api does not reach the bridge',
    'see "The api reaches the bridge" and "Services"',
  ],
};

const ADVICE: ReadonlyMap<string, Advice> = new Map(Object.entries(STATES));

/** Bridge up, nothing sent: what the session waits for. */
export const session: Check = {
  id: 'whatsapp-session',
  title: 'WhatsApp session',
  group: 'WhatsApp',
  where: 'both',
  finds: 'bridge up, and nothing is sent: no phone linked, offline, degraded, unlinked',
  run: async (context) => {
    const status = statusSchema.safeParse(jsonOf(await context.ask('/api/whatsapp/status')));
    if (status.success) return judgeSession(status.data);
    const health = healthSchema.safeParse(jsonOf(await context.ask('/health')));
    if (!health.success) return [];
    const { state, since, reason } = health.data.whatsapp;
    return judgeSession({
      state,
      since,
      reason,
      whatsapp_ready: health.data.whatsapp_ready,
    });
  },
};

export function judgeSession({
  state,
  since,
  reason,
  whatsapp_ready,
  last_ack_at,
}: WhatsAppStatus): Finding[] {
  const evidence = `state ${state}${since === undefined ? '' : ` since ${since}`}${reason === undefined ? '' : `: ${reason}`}`;
  const proof =
    last_ack_at === undefined ? [] : [`last acknowledgement of WhatsApp's server at ${last_ack_at}`];
  if (whatsapp_ready) return good([evidence, ...proof].join('; '));
  const [severity, cause, remedy] =
    ADVICE.get(state) ??
    (['error', 'the bridge is not there', 'see "Services" and the lines of the bridge in the log'] as const);
  return [found(severity, [evidence, ...proof], cause, remedy)];
}

/** Older than this it is no longer a matter of pacing. */
const LONG_MS = 10 * 60_000;

/** What waits in the outbox, and why. */
export const outbox: Check = {
  id: 'outbox',
  title: 'Outbox',
  group: 'WhatsApp',
  where: 'both',
  finds: "202 queued, and the messages do not go out: pacing, the day's budget, a session that is away",
  run: async (context) => {
    const answer = await context.ask('/api/whatsapp/status');
    const status = statusSchema.safeParse(jsonOf(answer));
    return status.success ? judgeOutbox(status.data, Date.now()) : judgeNoStatus(answer, context);
  },
};

export function judgeOutbox(
  { outbox: backlog, whatsapp_ready: isReady }: WhatsAppStatus,
  now: number,
): Finding[] {
  if (backlog === undefined)
    return [
      found(
        'warning',
        'the api does not tell how many messages wait',
        'its store is away, or only opens',
        'see "Services" and "Database"',
      ),
    ];
  const { waiting, oldest_accepted_at: oldest, held, reason } = backlog;
  if (waiting === 0) return good('nothing waits');
  const ageMs = oldest === undefined ? 0 : now - Date.parse(oldest);
  const evidence = [
    `${waiting} messages wait${oldest === undefined ? '' : `, the oldest for ${formatAge(ageMs)}`}`,
    ...(reason === undefined ? [] : [`why: ${reason}`]),
  ];
  if (/^paced|first contacts|strangers/.test(reason ?? ''))
    return [
      found(
        'note',
        evidence,
        'they are paced, lest WhatsApp block the number',
        'nothing; PACING_PER_MINUTE and PACING_FIRST_CONTACTS_PER_DAY say how fast',
      ),
    ];
  if (held > 0 && held >= waiting)
    return [
      found(
        'warning',
        evidence,
        'this version of WhatsApp Web cannot send their kind: page_incompatible',
        'see "WhatsApp page"; they go out by themselves when it is restored',
      ),
    ];
  if (ageMs < LONG_MS && isReady)
    return [found('note', evidence, 'they are on their way', 'look again in a minute')];
  return [
    found(
      ageMs < LONG_MS ? 'warning' : 'error',
      evidence,
      isReady
        ? 'they should have gone out by now'
        : 'nothing goes out while the session is away; nothing is lost meanwhile',
      isReady
        ? 'follow one of them: gatehouse doctor message ID (GET /api/whatsapp/messages?status=queued lists them)'
        : 'see "WhatsApp session"; messages that wait for MESSAGE_TTL_HOURS expire',
    ),
  ];
}

export function judgeNoStatus(answer: Answer, { keyWithheld }: Pick<Context, 'keyWithheld'>): Finding[] {
  if (answer.kind === 'none') return [];
  const code = jsonOf(answer)?.code;
  if (!isErrorCode(code)) return [];
  const evidence = `GET /api/whatsapp/status: ${answer.status} ${code}`;
  if (code === 'key_missing' || code === 'key_invalid')
    return [
      found(
        'note',
        keyWithheld === undefined ? evidence : [evidence, keyWithheld],
        code === 'key_missing'
          ? 'without a key the outbox cannot be looked at'
          : 'the key of API_KEYS here is not one of that kit',
        'call the doctor with the key: API_KEYS=… gatehouse doctor URL',
      ),
    ];
  return code === 'service_unavailable'
    ? [found('warning', evidence, 'the api is not there now', 'see "Services"')]
    : [found('warning', evidence, 'the api does not tell', 'see its log under the request id')];
}
