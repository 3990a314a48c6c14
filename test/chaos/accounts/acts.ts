import { call, causeOf, fieldOf } from '../call.ts';
import type { Random } from '../random.ts';
import type { Accepted } from '../writers.ts';

/** A reaction to a message of the kit, or an edit of one, that the kit has accepted. */
export interface AcceptedAct {
  readonly kind: 'reaction' | 'edit';
  readonly id: string;
  readonly key: string;
  /** The id of the message, at the kit. */
  readonly target: string;
  /** The emoji, or the new text. */
  readonly text: string;
  readonly askedAt: string;
  readonly at: string;
}

export type Act = Pick<AcceptedAct, 'kind' | 'key' | 'target' | 'text'>;

/** The kit says so of a message that has ended, or that another account has. */
const REFUSALS = ['account_changed', 'message_final', 'message_waiting'];
const REACTIONS = ['👍', '🎉', '❤️'] as const;

/** A reaction to one of these messages, or an edit of one; at most one of each kind for a message. */
export function actOn(
  messages: readonly Accepted[],
  acts: readonly Act[],
  key: string,
  chance: Random,
): Act | undefined {
  const kind = chance.chance(0.5) ? 'reaction' : 'edit';
  const left = messages.filter(
    ({ id, isMedium, sendAt }) =>
      sendAt === undefined &&
      !(kind === 'edit' && isMedium) &&
      !acts.some((act) => act.kind === kind && act.target === id),
  );
  const target = left[chance.whole(0, Math.max(0, left.length - 1))];
  if (target === undefined) return undefined;
  const text = kind === 'reaction' ? chance.pick(REACTIONS) : `${target.body}, as ${key} has it`;
  return { kind, key, target: target.id, text };
}

/** One request. Gives the id of an act that was accepted, `refused` by a rule of the kit, or nothing: then it is to be repeated. */
export async function requestAct(
  origin: string,
  { kind, key, target, text }: Act,
): Promise<{ readonly answer: string; readonly id?: string; readonly isRefused?: boolean }> {
  const url = `${origin}/api/whatsapp/messages/${target}`;
  const headers = { 'idempotency-key': key, prefer: 'respond-async' };
  try {
    const { status, json } =
      kind === 'edit'
        ? await call(url, { method: 'PATCH', body: { message: text }, headers })
        : await call(`${url}/reaction`, { body: { emoji: text }, headers });
    const id = fieldOf(json, 'id') ?? fieldOf(json, 'message_id');
    const code = String(fieldOf(json, 'code'));
    const answer = `${kind} ${status}${status < 400 ? '' : ` ${code}`}`;
    // A problem that names a message other than the target is about an act that was accepted, and has ended.
    if (typeof id === 'string' && (status === 200 || status === 202 || id !== target)) return { answer, id };
    return { answer, isRefused: REFUSALS.includes(code) };
  } catch (error) {
    return { answer: causeOf(error) };
  }
}
