import { setTimeout as sleep } from 'node:timers/promises';
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
}

/** These say that the request itself is wrong: to repeat it would be of no use. */
const DEFINITIVE = [400, 401, 403, 404, 405, 406, 413, 415, 422];
const GIVE_UP_MS = 240_000;
const MOST_PAUSE_MS = 250;
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
    const { seed, random, progress } = this.#options;
    const chance = random.fork(`writer ${writer}`);
    for (let index = 0; index < count; index += 1) {
      await progress.waitFor('trouble', index / count);
      await sleep(chance.whole(0, MOST_PAUSE_MS));
      await this.#send(chatId, `chaos-${seed}-${writer}-${index}`, bodyOf(chance, writer, index), chance);
    }
  }

  async #send(chatId: string, key: string, body: string, chance: Random): Promise<void> {
    const { origin, progress, messages, diary, media = USUAL_MEDIA } = this.#options;
    const medium = chance.chance(media) ? { media: chance.pick(MEDIA) } : {};
    const since = performance.now();
    let why = '';
    for (let tries = 1; performance.now() - since < GIVE_UP_MS; tries += 1) {
      let pauseMs = chance.whole(20, 200);
      try {
        const { status, json, retryAfterMs } = await call(`${origin}/api/whatsapp/send`, {
          body: { chat_id: chatId, message: body, ...medium },
          headers: {
            'idempotency-key': key,
            ...(chance.chance(0.5) ? { prefer: 'respond-async' } : {}),
          },
        });
        this.#count(String(status));
        why = `${status} ${JSON.stringify(json).slice(0, 400)}`;
        const id = fieldOf(json, 'id') ?? fieldOf(json, 'message_id');
        // Such an answer is about a message that was accepted: the server of WhatsApp has refused it for good.
        const isRefused = fieldOf(json, 'code') === 'send_refused' && typeof id === 'string';
        if (status === 200 || status === 202 || isRefused) {
          this.accepted.push({
            chatId,
            body,
            key,
            id: typeof id === 'string' ? id : '',
            httpStatus: status,
            tries,
            at: new Date().toISOString(),
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

  #count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    const meanwhile = this.answersBySituation.get(this.situation) ?? new Map<string, number>();
    this.answersBySituation.set(this.situation, meanwhile);
    meanwhile.set(answer, (meanwhile.get(answer) ?? 0) + 1);
  }
}

/** Mostly a text of its own; now and then one that was in this chat before, which must count as another message. */
function bodyOf(chance: Random, writer: number, index: number): string {
  if (chance.chance(0.08)) return chance.pick(['ok', 'thanks', '👍']);
  const decoration = chance.pick(['', ' 🙂', ' "quoted" \\ <b>', ' مرحبا', '\nsecond line', ' e\u0301']);
  return `message ${index} of writer ${writer}${decoration}`;
}
