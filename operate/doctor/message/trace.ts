import { z } from 'zod';
import { isErrorCode } from '../../../services/contract/errors.ts';
import { type Finding, found } from '../check.ts';
import { formatAge } from '../format-units.ts';
import { remedyFor } from './remedies.ts';

/** What of `GET /api/whatsapp/messages/{id}` tells where a message is; its text and its chat are not read. */
export const messageSchema = z.object({
  id: z.string(),
  status: z.string(),
  kind: z.string().optional(),
  reason: z.string().optional(),
  error: z.object({ code: z.string(), title: z.string(), remedy: z.string() }).optional(),
  attempts: z.number().default(0),
  accepted_at: z.iso.datetime(),
  send_at: z.iso.datetime().optional(),
  expires_at: z.iso.datetime().optional(),
  next_try_at: z.iso.datetime().optional(),
  dispatched_at: z.iso.datetime().optional(),
  server_ack_at: z.iso.datetime().optional(),
  delivered_at: z.iso.datetime().optional(),
  read_at: z.iso.datetime().optional(),
  ended_at: z.iso.datetime().optional(),
});
export type TracedMessage = z.infer<typeof messageSchema>;

export const hopNames = ['accepted', 'dispatched', 'server', 'delivered', 'read'] as const;
export type HopName = (typeof hopNames)[number];

/** The way of a message, and where it is now. */
export interface Trace {
  readonly id: string;
  readonly status: string;
  readonly hops: readonly { readonly name: HopName; readonly at?: string }[];
  /** The hop that it has not passed; undefined when it has passed them all, or has ended. */
  readonly waits_for?: HopName;
  readonly since?: string;
  readonly finding: Finding;
}

/** A hop within the kit takes seconds; only beyond this it is stuck. */
const PATIENCE_MS = 60_000;

/** Where a message is, since when, why, and what to do. */
export function traceMessage(message: TracedMessage, now: number): Trace {
  const times: Readonly<Record<HopName, string | undefined>> = {
    accepted: message.accepted_at,
    // One that is queued again was turned away: that try does not count.
    dispatched: message.status === 'queued' ? undefined : message.dispatched_at,
    server: message.server_ack_at,
    delivered: message.delivered_at,
    read: message.read_at,
  };
  const hops = hopNames.map((name) => {
    const at = times[name];
    return at === undefined ? { name } : { name, at };
  });
  // Who has read it was delivered it, though nobody may have said so.
  const last = hopNames.findLastIndex((name) => times[name] !== undefined);
  const next = hopNames[last + 1];
  const since = times[hopNames[last] ?? 'accepted'] ?? message.accepted_at;
  const head = { id: message.id, status: message.status, hops };
  if (['failed', 'expired', 'canceled'].includes(message.status))
    return {
      ...head,
      ...(message.ended_at === undefined ? {} : { since: message.ended_at }),
      finding: judgeEnd(message),
    };
  if (next === undefined) return { ...head, finding: { severity: 'good', evidence: ['it was read'] } };
  return { ...head, waits_for: next, since, finding: judgeWait(message, next, since, now) };
}

function judgeEnd({ status, reason, error, ended_at: endedAt }: TracedMessage): Finding {
  const evidence = [
    `it ${status === 'failed' ? 'failed' : `was ${status}`}${endedAt === undefined ? '' : ` at ${endedAt}`}${reason === undefined ? '' : `: ${reason}`}`,
    ...(error === undefined ? [] : [`code ${error.code}: ${error.title}`]),
  ];
  const code = error?.code;
  return found(
    status === 'canceled' ? 'note' : 'error',
    evidence,
    'it is not tried any more',
    (isErrorCode(code) ? remedyFor(code) : error?.remedy) ??
      'see the reason; send it anew when that is mended',
  );
}

function judgeWait(message: TracedMessage, next: HopName, since: string, now: number): Finding {
  const waitedMs = now - Date.parse(since);
  const { reason, attempts, next_try_at: nextTry, expires_at: expires, send_at: sendAt } = message;
  const evidence = [
    `it waits for "${next}" since ${since} (${formatAge(waitedMs)})${reason === undefined ? '' : `: ${reason}`}`,
    ...(attempts > 0
      ? [`tried ${attempts} times${nextTry === undefined ? '' : `, next at ${nextTry}`}`]
      : []),
    ...(expires === undefined || next === 'delivered' || next === 'read' ? [] : [`expires at ${expires}`]),
  ];
  const isScheduled = sendAt !== undefined && Date.parse(sendAt) > now;
  if (next === 'delivered')
    return found(
      'note',
      evidence,
      "WhatsApp's server has it; the phone of the recipient is off, or this number is blocked there",
      'nothing can be done from here',
    );
  if (next === 'read')
    return found(
      'note',
      evidence,
      'it was delivered; whether it is read is told only where the recipient lets it be',
      'nothing',
    );
  if (isScheduled) return found('note', evidence, 'its time has not come', `nothing, until ${sendAt}`);
  const severity = waitedMs < PATIENCE_MS ? 'note' : 'warning';
  if (next === 'dispatched')
    return found(
      severity,
      evidence,
      'it is on disk in the outbox of the api, and has not been handed to the bridge',
      remedyFor(reason),
    );
  return found(
    severity,
    evidence,
    "the bridge has it, and WhatsApp's server has not acknowledged it",
    remedyFor(reason),
  );
}
