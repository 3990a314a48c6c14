import { setTimeout as sleep } from 'node:timers/promises';
import { call, causeOf } from './call.ts';
import type { Progress } from './progress.ts';
import type { Random } from './random.ts';

/** A message that somebody wrote to the phone: it must be in the event log, once. */
export interface Written {
  readonly from: string;
  readonly body: string;
  readonly key: string;
  /** The phone that it was written to, where there are several. */
  readonly phone?: string | undefined;
}

export interface PeopleOptions {
  readonly origin: string;
  readonly seed: number;
  readonly messages: number;
  readonly from: readonly string[];
  readonly random: Random;
  readonly progress: Progress;
  /** The phone to which they write now, where there are several. */
  readonly phone?: (() => string) | undefined;
}

const GIVE_UP_MS = 240_000;
const MOST_PAUSE_MS = 400;

/** People who write to the phone while the kit is under fire. The same `key` is the same message for the stand-in. */
export class People {
  readonly written: Written[] = [];
  readonly unwritten: string[] = [];
  readonly #options: PeopleOptions;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { from, messages } = this.#options;
    await Promise.all(
      from.map((person, index) => {
        const count = Math.floor(messages / from.length) + (index < messages % from.length ? 1 : 0);
        return this.#write(person, index, count);
      }),
    );
  }

  async #write(from: string, person: number, count: number): Promise<void> {
    const { origin, seed, random, progress, phone } = this.#options;
    const chance = random.fork(`person ${person}`);
    for (let index = 0; index < count; index += 1) {
      await progress.waitFor('trouble', index / count);
      await sleep(chance.whole(0, MOST_PAUSE_MS));
      const key = `chaos.${seed}.${person}.${index}`;
      const message = {
        ...{ from, body: `answer ${index} of person ${person} in run ${seed}`, key },
        ...(phone === undefined ? {} : { phone: phone() }),
      };
      const problem = await this.#post(`${origin}/sandbox/api/incoming`, message);
      if (problem === undefined) this.written.push(message);
      else this.unwritten.push(`${key}: ${problem}`);
    }
  }

  /** Gives why it could not be written, if so. */
  async #post(url: string, message: Written): Promise<string | undefined> {
    const since = performance.now();
    let why = '';
    while (performance.now() - since < GIVE_UP_MS) {
      try {
        const { status, json } = await call(url, { body: message });
        if (status === 200) return undefined;
        why = `${status} ${JSON.stringify(json)}`;
        if (status === 400) break;
      } catch (error) {
        why = causeOf(error);
      }
      await sleep(100);
    }
    return why;
  }
}
