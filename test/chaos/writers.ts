import { setTimeout as sleep } from 'node:timers/promises';
import { type AcceptedAct, actOn, requestAct } from './accounts/acts.ts';
import { call, causeOf, fieldOf } from './call.ts';
import type { Diary } from './diary.ts';
import type { Progress } from './progress.ts';
import type { Random } from './random.ts';

/** A message that the kit has accepted: from here on it must arrive, once and in its place. */
export interface Accepted {
  readonly chatId: string;
  readonly body: string;
  readonly key: string;
  readonly id: string;
  readonly httpStatus: number;
  readonly tries: number;
  readonly at: string;
  /** When it was first asked for. */
  readonly askedAt?: string;
  /** The form of the recipient in the request, where the writers use several. */
  readonly asked?: string | undefined;
  /** Scheduled for this time. */
  readonly sendAt?: string | undefined;
  readonly isMedium?: boolean;
}

/** A message that was never accepted, though it was tried again and again. */
export interface Refused {
  readonly chatId: string;
  readonly body: string;
  readonly key: string;
  readonly why: string;
}

export interface WritersOptions {
  readonly origin: string;
  readonly seed: number;
  readonly messages: number;
  readonly chats: readonly string[];
  readonly random: Random;
  readonly progress: Progress;
  readonly diary: Diary;
  /** Part of the messages that are media with the text below them. */
  readonly media?: number | undefined;
  /** Forms in which each chat is named in turn; its id alone when left out. */
  readonly forms?: ReadonlyMap<string, readonly [string, ...string[]]> | undefined;
  /** Part of the messages that are scheduled for a moment later, and part that a reaction or an edit follows; none when left out. */
  readonly variety?: { readonly scheduled: number; readonly acts: number } | undefined;
}

/** These say that the request itself is wrong: to repeat it would be of no use. */
const DEFINITIVE = [400, 401, 403, 404, 405, 406, 413, 415, 422];
/** The server of WhatsApp has refused it for good, or an operator has decided. */
const ENDED = ['send_refused', 'message_canceled', 'outcome_unknown', 'account_changed'];
const GIVE_UP_MS = 240_000;
const MOST_PAUSE_MS = 250;
const LEAST_AHEAD_MS = 500;
const MOST_AHEAD_MS = 6_000;
interface Medium {
  readonly mimetype: string;
  readonly data: string;
  readonly filename?: string;
}
const USUAL_MEDIA = 0.06;
/** A picture of one pixel, and a document. */
const MEDIA: readonly [Medium, ...Medium[]] = [
  {
    mimetype: 'image/png',
    data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  },
  { mimetype: 'text/plain', filename: 'note.txt', data: 'YSBub3RlCg==' },
];

/**
 * One writer a chat. It sends the next message only after the one before was accepted, and repeats a request with the
 * same key until it is: so the order of acceptance in a chat is the order of the writer.
 */
export class Writers {
  readonly accepted: Accepted[] = [];
  readonly refused: Refused[] = [];
  readonly acts: AcceptedAct[] = [];
  /** How often each kind of answer came: `200`, `202`, `503`, `ECONNRESET` … */
  readonly answers = new Map<string, number>();
  /** While true, answers are also counted here: the scenario wants to know what was said meanwhile. */
  readonly answersBySituation = new Map<string, Map<string, number>>();
  situation = 'usual';
  readonly #options: WritersOptions;

  constructor(options: WritersOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { chats, messages } = this.#options;
    await Promise.all(
      chats.map((chatId, index) => {
        const count = Math.floor(messages / chats.length) + (index < messages % chats.length ? 1 : 0);
        return this.#write(chatId, index, count);
      }),
    );
    this.#options.progress.report('writing', 1);
  }

  async #write(chatId: string, writer: number, count: number): Promise<void> {
    const { seed, random, progress, variety, chats } = this.#options;
    const chance = random.fork(`writer ${writer}`);
    for (let index = 0; index < count; index += 1) {
      // One after the other, where each part of the trouble needs messages of its own.
      const ahead = variety === undefined ? 0 : writer / chats.length;
      await progress.waitFor('trouble', (index + ahead) / count);
      await sleep(chance.whole(0, MOST_PAUSE_MS));
      await this.#send(chatId, `chaos-${seed}-${writer}-${index}`, bodyOf(chance, writer, index), chance);
      if (variety !== undefined && chance.chance(variety.acts))
        await this.#act(chatId, `chaos-${seed}-${writer}-${index}-act`, chance);
    }
  }

  async #send(chatId: string, key: string, body: string, chance: Random): Promise<void> {
    const { origin, progress, messages, diary, media = USUAL_MEDIA, forms, variety } = this.#options;
    const medium = chance.chance(media) ? { media: chance.pick(MEDIA) } : {};
    const names = forms?.get(chatId);
    const asked = names === undefined ? undefined : chance.pick(names);
    const sendAt =
      variety !== undefined && chance.chance(variety.scheduled)
        ? new Date(Date.now() + chance.whole(LEAST_AHEAD_MS, MOST_AHEAD_MS)).toISOString()
        : undefined;
    const scheduled = sendAt === undefined ? {} : { send_at: sendAt };
    const askedAt = new Date().toISOString();
    const since = performance.now();
    let why = '';
    for (let tries = 1; performance.now() - since < GIVE_UP_MS; tries += 1) {
      let pauseMs = chance.whole(20, 200);
      try {
        const { status, json, retryAfterMs } = await call(`${origin}/api/whatsapp/send`, {
          body: { chat_id: asked ?? chatId, message: body, ...medium, ...scheduled },
          headers: {
            'idempotency-key': key,
            ...(chance.chance(0.5) ? { prefer: 'respond-async' } : {}),
          },
        });
        this.#count(String(status));
        why = `${status} ${JSON.stringify(json).slice(0, 400)}`;
        const id = fieldOf(json, 'id') ?? fieldOf(json, 'message_id');
        if (status === 200 || status === 202 || isOfAccepted(json)) {
          this.accepted.push({
            chatId,
            body,
            key,
            id: typeof id === 'string' ? id : '',
            httpStatus: status,
            tries,
            at: new Date().toISOString(),
            askedAt,
            ...(asked === undefined ? {} : { asked }),
            ...(sendAt === undefined ? {} : { sendAt }),
            ...('media' in medium ? { isMedium: true } : {}),
          });
          progress.report('writing', this.accepted.length / messages);
          return;
        }
        if (DEFINITIVE.includes(status)) break;
        pauseMs = Math.max(pauseMs, Math.min(retryAfterMs ?? 0, 1_000));
      } catch (error) {
        why = causeOf(error);
        this.#count(why);
      }
      await sleep(pauseMs);
    }
    diary.note(`never accepted: ${key} to ${chatId}: ${why}`);
    this.refused.push({ chatId, body, key, why });
  }

  /** Reacts to a message of this chat, or edits it. What the kit refuses by its rules is done with. */
  async #act(chatId: string, key: string, chance: Random): Promise<void> {
    const { origin, diary } = this.#options;
    const own = this.accepted.filter((message) => message.chatId === chatId);
    const act = actOn(own, this.acts, key, chance);
    if (act === undefined) return;
    const askedAt = new Date().toISOString();
    const since = performance.now();
    while (performance.now() - since < GIVE_UP_MS) {
      const { answer, id, isRefused = false } = await requestAct(origin, act);
      this.#count(answer);
      if (id !== undefined) this.acts.push({ ...act, id, askedAt, at: new Date().toISOString() });
      if (id !== undefined || isRefused) return;
      await sleep(chance.whole(20, 200));
    }
    diary.note(`never accepted: ${key}, ${act.kind} of ${act.target}`);
    this.refused.push({
      chatId,
      body: act.text,
      key,
      why: `the ${act.kind} of ${act.target} was not accepted`,
    });
  }

  #count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    const meanwhile = this.answersBySituation.get(this.situation) ?? new Map<string, number>();
    this.answersBySituation.set(this.situation, meanwhile);
    meanwhile.set(answer, (meanwhile.get(answer) ?? 0) + 1);
  }
}

/** A problem that names its message is about one that was accepted, and has ended before the request was repeated. */
function isOfAccepted(json: unknown): boolean {
  return ENDED.includes(String(fieldOf(json, 'code'))) && typeof fieldOf(json, 'id') === 'string';
}

/** Mostly a text of its own; now and then one that was in this chat before, which must count as another message. */
function bodyOf(chance: Random, writer: number, index: number): string {
  if (chance.chance(0.08)) return chance.pick(['ok', 'thanks', '👍']);
  const decoration = chance.pick(['', ' 🙂', ' "quoted" \\ <b>', ' مرحبا', '\nsecond line', ' e\u0301']);
  return `message ${index} of writer ${writer}${decoration}`;
}
