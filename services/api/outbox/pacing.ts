import type { Config } from '#config';
import { isPersonId } from '../../contract/person.ts';
import { personBehind } from '../people/recipients.ts';
import type { Database } from '../store/store.ts';
import type { Message } from './message.ts';

export type PacingSettings = Omit<Config['pacing'], 'mode'> & { readonly isOn: boolean };

/** When a message may go: `now`; or not before a moment, itself alone (`parked`) or with all others (`later`). */
export type Pace =
  | { readonly kind: 'now' }
  | { readonly kind: 'later' | 'parked'; readonly at: number; readonly reason: string };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NOW: Pace = { kind: 'now' };

/**
 * Keeps a number from writing too much, too fast, to strangers, which is what WhatsApp blocks numbers for. What it
 * must remember over a restart is in the database: who was written to first when, and until when strangers must wait.
 */
export class Pacer {
  readonly #settings: PacingSettings;
  readonly #session: string;
  readonly #random: () => number;
  /** When the messages of the last minute went out. */
  #sentAt: number[] = [];
  #nextAt = 0;

  constructor(settings: PacingSettings, session: string, random = Math.random) {
    this.#settings = settings;
    this.#session = session;
    this.#random = random;
  }

  /** Asks for one message of this account that has not been tried yet. */
  async paceOf(db: Database, account: string, message: Message, now: number): Promise<Pace> {
    if (!this.#settings.isOn) return NOW;
    return this.#ofSession(now) ?? (await this.#ofStranger(db, account, message, now)) ?? NOW;
  }

  /** A message goes out now. */
  sent(now: number): void {
    const { gapMs, jitterMs } = this.#settings;
    this.#sentAt = [...this.#sentAt.filter((at) => at > now - MINUTE_MS && at <= now), now];
    this.#nextAt = now + gapMs + Math.round(this.#random() * jitterMs);
  }

  /** WhatsApp refuses messages of this account to strangers: they wait; gives until when. */
  async restricted(db: Database, account: string, now: number): Promise<number> {
    const until = now + this.#settings.parkMinutes * MINUTE_MS;
    const value = String(until);
    // Under the second name the release before looks for it.
    for (const name of [this.#factOf(account), `strangers_parked_until:${this.#session}`])
      await db
        .insertInto('facts')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    return until;
  }

  #ofSession(now: number): Pace | undefined {
    const { perMinute, gapMs, jitterMs } = this.#settings;
    // A clock that was set back must not make anybody wait for longer than the gap can be.
    if (this.#nextAt > now && this.#nextAt <= now + gapMs + jitterMs)
      return { kind: 'later', at: this.#nextAt, reason: 'paced: messages go out one by one' };
    const lastMinute = this.#sentAt.filter((at) => at > now - MINUTE_MS && at <= now);
    const [oldest] = lastMinute;
    if (oldest === undefined || lastMinute.length < perMinute) return undefined;
    return {
      kind: 'later',
      at: oldest + MINUTE_MS,
      reason: `paced: ${perMinute} messages in the last minute (PACING_PER_MINUTE)`,
    };
  }

  async #ofStranger(db: Database, account: string, message: Message, now: number): Promise<Pace | undefined> {
    if (!isPersonId(message.chatId)) return undefined;
    const person = await personBehind(db, message.chatKey);
    if (person !== undefined && (person.first_sent_at ?? person.first_received_at) !== null) return undefined;
    const parked = await db
      .selectFrom('facts')
      .select('value')
      .where('name', '=', this.#factOf(account))
      .executeTakeFirst();
    const parkedUntil = Number(parked?.value ?? 0);
    // Not for longer than it can have been said, for the same reason.
    if (parkedUntil > now && parkedUntil <= now + this.#settings.parkMinutes * MINUTE_MS)
      return { kind: 'parked', at: parkedUntil, reason: 'WhatsApp restricts messages to strangers for now' };
    const { firstContactsPerDay } = this.#settings;
    const first = await db
      .selectFrom('people')
      .select('first_sent_at')
      .where('session', '=', this.#session)
      .where('account', '=', account)
      .where('first_sent_at', '>', now - DAY_MS)
      .where('first_sent_at', '<=', now)
      .where('first_received_at', 'is', null)
      .orderBy('first_sent_at', 'desc')
      .offset(Math.max(0, firstContactsPerDay - 1))
      .limit(1)
      .executeTakeFirst();
    if (firstContactsPerDay > 0 && first === undefined) return undefined;
    return {
      kind: 'parked',
      at: (first?.first_sent_at ?? now) + DAY_MS,
      reason: `the day's budget of ${firstContactsPerDay} first contacts is used up (PACING_FIRST_CONTACTS_PER_DAY)`,
    };
  }

  #factOf(account: string): string {
    return `strangers_parked_until:${this.#session}:${account}`;
  }
}
