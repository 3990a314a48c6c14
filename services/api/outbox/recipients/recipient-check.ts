import { errorText, KitError } from '../../../contract/errors.ts';
import { isUnsent } from '../../../contract/message-states.ts';
import { personOf } from '../../../contract/person.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Scope } from '../../account/scope.ts';
import type { BridgeClient } from '../../bridge-client.ts';
import type { EventLog } from '../../events/event-log.ts';
import { lockLog } from '../../events/log-writer.ts';
import { askWhatsApp } from '../../people/ask-whatsapp.ts';
import { keyOfPerson } from '../../people/chat-key.ts';
import { learnPerson, noteAddress } from '../../people/learn-people.ts';
import { absenceText, keyMessages, recipientOf } from '../../people/recipients.ts';
import type { Database, DialectName, Store } from '../../store/store.ts';
import { giveUp } from '../endings.ts';
import type { Message } from '../message.ts';
import type { PacingSettings } from '../pacing.ts';
import { park } from '../transitions.ts';
import { LookupSlots } from './lookup-slots.ts';
import { similarTo } from './same-person.ts';

export interface RecipientCheckParts {
  readonly store: Store;
  readonly events: EventLog;
  readonly bridge: Pick<BridgeClient, 'resolve'>;
  readonly pacing: PacingSettings;
  readonly log: Log;
}

/** What follows for a message without a key. */
export type CheckStep =
  /** It has its key now, or has ended. */
  | { readonly kind: 'settled' }
  /** WhatsApp is asked later, so that numbers are not checked too fast. */
  | { readonly kind: 'parked' }
  /** WhatsApp is to be asked now. Throws what keeps the bridge from asking. */
  | { readonly kind: 'ask'; readonly ask: () => Promise<void> };

/** The states of the bridge that keep it from asking. */
const NOT_NOW = ['whatsapp_not_ready', 'account_changed'];

/**
 * Finds out who a message goes to before it is paced and sent: one person has one queue, whichever number or LID the
 * messages were accepted for. WhatsApp is asked once for each form of a number; the answer is kept.
 */
export class RecipientCheck {
  readonly #parts: RecipientCheckParts;
  readonly #slots: LookupSlots;

  constructor(parts: RecipientCheckParts) {
    this.#parts = parts;
    this.#slots = new LookupSlots(parts.pacing);
  }

  /** The next step for a message that has no key. */
  async next(scope: Scope, message: Message, now: number): Promise<CheckStep> {
    const { store, events } = this.#parts;
    const { chatId } = message;
    const recipient = await store.write(async (db, dialect) => {
      await lockLog(db, dialect);
      const found = await recipientOf(db, dialect, scope, chatId, now);
      if (found.kind === 'known') await keyMessages(db, scope, chatId, found.key);
      // What may have been sent is looked for, whatever WhatsApp says of the number.
      if (found.kind === 'absent' && isUnsent(message.state)) {
        const reason = absenceText(chatId, found.since);
        await giveUp(
          db,
          dialect,
          message,
          { state: 'failed', code: 'recipient_not_on_whatsapp', reason },
          now,
        );
      }
      return found;
    });
    if (recipient.kind === 'absent' && isUnsent(message.state)) events.appended();
    else if (recipient.kind !== 'known') return this.#askInTime(scope, message, now);
    return { kind: 'settled' };
  }

  async #askInTime(scope: Scope, message: Message, now: number): Promise<CheckStep> {
    const at = this.#slots.take(message.chatId, now);
    if (at > now) {
      const reason = 'paced: WhatsApp is asked for one number after the other (PACING_PER_MINUTE)';
      await this.#parts.store.write((db) => park(db, message.id, reason, at));
      return { kind: 'parked' };
    }
    return { kind: 'ask', ask: () => this.#ask(scope, message) };
  }

  async #ask(scope: Scope, message: Message): Promise<void> {
    const { bridge, store, log } = this.#parts;
    const { chatId } = message;
    try {
      const learn = await askWhatsApp(bridge, scope, chatId);
      await this.#askForSimilar(scope, chatId);
      await store.write(async (db, dialect) => {
        const person = await learn(db, dialect);
        await keyMessages(db, scope, chatId, keyOfPerson(person.id));
      });
    } catch (error) {
      if (!(error instanceof KitError) || NOT_NOW.includes(error.code)) throw error;
      if (error.code === 'recipient_not_on_whatsapp' && isUnsent(message.state))
        await store.write((db) => noteAddress(db, scope, chatId, null, Date.now()));
      else {
        // The send asks in its own way, and says what is wrong.
        log.warn({ err: error }, `who ${chatId} is could not be asked: ${errorText(error)}`);
        await store.write((db, dialect) => this.#assume(db, dialect, scope, chatId));
      }
    }
  }

  /**
   * The numbers that the release before has noted and that may be another form of this one are asked for as well. Where that
   * fails, they stay people of their own until something else tells.
   */
  async #askForSimilar(scope: Scope, chatId: string): Promise<void> {
    const { bridge, store, log } = this.#parts;
    for (const other of await store.read((db) => similarTo(db, scope, chatId)))
      try {
        await store.write(await askWhatsApp(bridge, scope, other));
      } catch (error) {
        if (!(error instanceof KitError) || NOT_NOW.includes(error.code)) throw error;
        if (error.code === 'recipient_not_on_whatsapp')
          await store.write((db) => noteAddress(db, scope, other, null, Date.now()));
        else log.debug({ err: error }, `who ${other} is could not be asked: ${errorText(error)}`);
      }
  }

  /** Takes the id for what it says, until WhatsApp says more. */
  async #assume(db: Database, dialect: DialectName, scope: Scope, chatId: string): Promise<void> {
    const person = personOf(chatId);
    const key =
      person === undefined
        ? chatId
        : keyOfPerson((await learnPerson(db, dialect, scope, { person }, Date.now())).id);
    await keyMessages(db, scope, chatId, key);
  }
}
