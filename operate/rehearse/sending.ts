import { randomBytes } from 'node:crypto';
import type { SendAnswer, SendBody } from '../../services/contract/bridge.ts';
import { ERRORS } from '../../services/contract/errors.ts';
import type { SendResult } from './bridge.ts';
import { READY_MS, type RehearsalContext, SHORT_MS, waitFor } from './context.ts';
import type { Fact, Findings } from './outcome.ts';
import { ownWords } from './own-words.ts';

/** A message that the rehearsal sends, before it is known whether it went out. */
export interface Draft {
  readonly stanzaId: string;
  /** What it is, for the report. */
  readonly what: string;
  /** Its text, which no other message has. */
  readonly label: string;
  readonly body: SendBody;
  /** Unix time in seconds. */
  readonly since: number;
}

/** An id of the form that WhatsApp Web makes. */
export function newStanzaId(): string {
  return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
}

/** A text that says what it is, and that no other message of the chat has. */
export function draftText(context: RehearsalContext, what: string, chatId = context.me): Draft {
  const label = `Gatehouse rehearsal: ${what} (${randomBytes(3).toString('hex')})`;
  return draft(context, what, { chatId, message: label }, label);
}

export function draft(context: RehearsalContext, what: string, body: SendBody, label = what): Draft {
  const stanzaId = newStanzaId();
  context.secrets.add(stanzaId);
  return {
    stanzaId,
    what,
    label,
    body: { ...body, stanza_id: stanzaId },
    since: Math.floor(Date.now() / 1_000),
  };
}

/** Sends it once; notes it where WhatsApp has it, or fails the step. */
export async function send(
  context: RehearsalContext,
  findings: Findings,
  message: Draft,
): Promise<SendResult> {
  const result = await context.bridge.send(message.body);
  if (result.isSent) keep(context, message, result.answer);
  else findings.fails(`${message.what} was not sent: ${describeRefusal(result)}`);
  return result;
}

/** Asks for the same message again, with `retry`, until WhatsApp has it or refuses it for good; gives the last result. */
export async function retryUntilThere(context: RehearsalContext, message: Draft): Promise<SendResult> {
  const body = { ...message.body, retry: { since: message.since, known: [] } };
  let last: SendResult | undefined;
  await waitFor(context, 'the message to be through', READY_MS, async () => {
    last = await context.bridge.send(body);
    if (last.isSent) return last.answer.ack > 0 || undefined;
    const { isFinal, refusesForm } = ERRORS[last.code];
    return isFinal || refusesForm;
  });
  if (last === undefined) throw new Error('the message was not tried again');
  if (last.isSent) keep(context, message, last.answer);
  return last;
}

/** Waits for an ack of WhatsApp's server (1) or more, as the page shows it; gives the last one seen. */
export async function untilAck(
  context: RehearsalContext,
  stanzaId: string,
  least = 1,
  withinMs = SHORT_MS,
): Promise<number> {
  let ack = 0;
  await waitFor(context, ACKS[least] ?? 'an acknowledgement', withinMs, async () => {
    ack = (await context.bridge.message(stanzaId))?.ack ?? ack;
    return ack >= least || undefined;
  });
  return ack;
}

const ACKS: Readonly<Record<number, string>> = {
  1: "the acknowledgement of WhatsApp's server",
  2: 'the message to be delivered',
  3: 'the message to be read',
};

/** The acks that were heard of a message since so many events, each with the time after `sinceMs`. */
export function acksHeard(
  { events }: RehearsalContext,
  stanzaId: string,
  since: number,
  sinceMs: number,
): Fact {
  return events
    .of('ack', since)
    .filter(({ event }) => event.data.stanza_id === stanzaId)
    .map(({ event, atMs }) => ({ ack: event.data.ack, after_ms: Math.round(atMs - sinceMs) }));
}

/** How often a text stands in a chat. Only the number is reported. */
export async function timesInChat(
  context: RehearsalContext,
  message: Draft,
  chatId: string,
): Promise<number> {
  const all = await context.bridge.messages(chatId);
  return all.filter(({ from_me, body }) => from_me && body === message.label).length;
}

/** Asks how often the phone shows it; more than once is a difference. */
export async function askTimesShown(
  context: RehearsalContext,
  findings: Findings,
  message: Draft,
): Promise<void> {
  const times = await context.person.timesShown(message);
  findings.fact('times_shown_on_phone', times ?? 'nobody was asked');
  if (times === 0) findings.fails('the phone does not show the message');
  if (times !== undefined && times > 1) findings.differs(`the phone shows the message ${times} times`);
}

export function describeRefusal(result: Extract<SendResult, { isSent: false }>): string {
  return `${result.code}, ${ownWords(result.detail)}`;
}

/** The id that a message has got: another than the chosen one in a page that does not let ids be chosen. */
export function stanzaIdOf({ stanzaId }: Draft, { messageId }: SendAnswer): string {
  return /3EB0[\dA-F]+/.exec(messageId)?.[0] ?? stanzaId;
}

function keep(context: RehearsalContext, message: Draft, answer: SendAnswer): void {
  const { chatId } = answer;
  const stanzaId = stanzaIdOf(message, answer);
  context.secrets.add(chatId, stanzaId);
  const isKept = context.sent.some((one) => one.stanzaId === stanzaId);
  if (!isKept) context.sent.push({ stanzaId, chatId, label: message.label });
}
