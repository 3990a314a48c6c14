import assert from 'node:assert/strict';
import { z } from 'zod';
import { type SendAnswer, sendAnswerSchema } from '../../../services/contract/bridge.ts';
import type { PhoneMessage } from '../../../services/sandbox/phone/journal-records.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { until } from '../until.ts';
import type { Answer } from './world.ts';

/** Where messages are sent: a bridge before a browser and the sandbox, or the model of them in this process. */
export interface SendingWorld {
  readonly sandbox: { readonly phone: Phone };
  /** The lines of the bridge's log. */
  readonly log: readonly string[];
  send(message: string, chatId?: string, more?: object): Promise<Answer>;
}

/** Limits that a busy machine does not reach, where a test is not about them. */
export const PATIENT = { callMs: 10_000, sendMs: 15_000, ackWaitMs: 2_500 };
/** A picture of one dot. */
export const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

/** What the phone has got from the kit, in order. */
export function kitMessages({ sandbox }: Pick<SendingWorld, 'sandbox'>): PhoneMessage[] {
  return [...sandbox.phone.state.messages.values()].filter(({ origin }) => origin === 'kit');
}

/** How often the page was told to send this text, as the phone has it: once, or it was lost or sent twice. */
export function sendsOf(world: Pick<SendingWorld, 'sandbox'>, body: string): number {
  const adds = kitMessages(world)
    .filter((message) => message.body === body)
    .map((message) => message.adds?.length ?? 0);
  return adds.reduce((sum, count) => sum + count, 0);
}

/** How often the bridge has called the page to send this message. */
export function attemptsOf({ log }: Pick<SendingWorld, 'log'>, id: string): number {
  return log.filter((line) => line.includes(`message ${id} goes to the page`)).length;
}

/** Resolves when the bridge has begun to upload its medium, or to fetch the preview of its link. */
export async function isPrepared({ log }: Pick<SendingWorld, 'log'>, id: string): Promise<void> {
  await until(`${id} is being prepared`, () =>
    log.some((line) => line.includes(`message ${id} is being prepared`)),
  );
}

let count = 0;

/** A stanza id that no other send of this process has. */
export function newId(): string {
  count += 1;
  return `3EB0${String(count).padStart(18, '0')}`;
}

/** The answer of a send that went well. */
export function sent({ status, body }: Answer): SendAnswer {
  assert.equal(status, 200, JSON.stringify(body));
  return sendAnswerSchema.parse(body);
}

/** Asserts that a send failed so. */
export function fails({ status, body }: Answer, expected: number, code: string, detail = /./): void {
  const text = JSON.stringify(body);
  assert.equal(status, expected, text);
  assert.match(text, new RegExp(`"code":"${code}"`));
  assert.match(text, detail);
}

/**
 * Sends as the api's dispatcher does: again after each failure that is not final, with `retry` once an outcome was
 * unknown. Gives the answer, and the failures before it.
 */
export async function sendUntilSent(
  world: SendingWorld,
  text: string,
  chatId: string,
  stanzaId: string,
): Promise<{ answer: SendAnswer; failures: string[] }> {
  const since = Math.floor(Date.now() / 1000);
  const failures: string[] = [];
  let isDoubtful = false;
  const answer = await until(`"${text}" to be sent`, async () => {
    const retry = isDoubtful ? { retry: { since, known: [] } } : {};
    // While the bridge is away nobody knows either.
    const gone = { status: 504, body: { code: 'outcome_unknown', detail: 'the bridge broke off' } };
    const tried = await world.send(text, chatId, { stanza_id: stanzaId, ...retry }).catch(() => gone);
    if (tried.status === 200) return sent(tried);
    const { code } = problemSchema.parse(tried.body);
    assert.ok(['outcome_unknown', 'whatsapp_not_ready', 'send_failed'].includes(code), JSON.stringify(tried));
    if (code === 'outcome_unknown') isDoubtful = true;
    failures.push(code);
    return undefined;
  });
  return { answer, failures };
}

const problemSchema = z.object({ code: z.string() });
