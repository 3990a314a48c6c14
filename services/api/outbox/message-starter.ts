import type { CapabilityState } from '../../contract/compat.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import { isUnsent } from '../../contract/message-states.ts';
import type { AccountWatch } from '../account/link/account-watch.ts';
import type { Scope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { isStorageError } from '../store/storage-errors.ts';
import { attempt } from './attempt.ts';
import type { MessageChanges } from './changes.ts';
import type { CompatWatch } from './compat-watch.ts';
import type { InFlight } from './in-flight.ts';
import { laneFor } from './lanes.ts';
import type { Message } from './message.ts';
import { setOneAside, whyFirstHeld, whyHeld } from './page-compat.ts';
import { noteWritten } from './recipients/contacts.ts';
import { RecipientCheck, type RecipientCheckParts } from './recipients/recipient-check.ts';
import { mustWait } from './recipients/same-person.ts';
import { cancelUnsent, type OutcomeParts, recordOutcome } from './record-outcome.ts';
import * as transitions from './transitions.ts';

export interface StarterParts extends RecipientCheckParts {
  readonly bridge: Pick<BridgeClient, 'send' | 'resolve'>;
  readonly changes: MessageChanges;
  readonly outcome: OutcomeParts;
  readonly compat: CompatWatch;
  readonly accounts: Pick<AccountWatch, 'doubt'>;
  readonly inFlight: InFlight;
  /** The longest time between two looks at what there is to send. */
  readonly lookMs: number;
  /** There may be something to send. */
  readonly wake: () => void;
  /** What became of a message could not be noted: every message is to be looked at. */
  readonly mustLookAtAll: () => void;
}

/** The reason of a message that waits because it may not overtake another one. */
const NOT_KNOWN_YET = 'it waits until it is known whether an earlier message is for the same person';

/** Begins what the dispatcher has found to be next in its queue: who it goes to, its pace, the call of the bridge. */
export class MessageStarter {
  readonly #parts: StarterParts;
  readonly #recipients: RecipientCheck;
  /** The ids of messages that wait for what an earlier one tells. */
  readonly #waiting = new Set<string>();

  constructor(parts: StarterParts) {
    this.#parts = parts;
    this.#recipients = new RecipientCheck(parts);
  }

  /** Begins one message, unless its pace or the page says no: gives how long all have to wait, or undefined. */
  async begin(
    scope: Scope,
    message: Message,
    broken: readonly CapabilityState[],
  ): Promise<number | undefined> {
    const { store, changes } = this.#parts;
    const now = Date.now();
    const isFirst = isUnsent(message.state);
    if (isFirst && message.cancelAt !== undefined) {
      // Its attempt sent nothing, and then the process ended before it canceled the message.
      await cancelUnsent(this.#parts.outcome, message);
      return undefined;
    }
    if (message.chatKey === undefined) return this.#settleRecipient(scope, message, now);
    const waits = isFirst ? await store.read((db) => whyFirstHeld(db, message, broken)) : undefined;
    if (waits !== undefined) {
      await store.write((db) => setOneAside(db, message, waits));
      changes.changed(message.id);
      return 0; // The next message of this chat may go out.
    }
    if (isFirst) {
      const isTooSoon = await store.read((db, dialect) => mustWait(db, dialect, scope, message, now));
      if (isTooSoon) {
        // Another chat may have its turn. An earlier message that ends looks for those that wait.
        this.#waiting.add(message.id);
        await store.write((db) => transitions.park(db, message.id, NOT_KNOWN_YET, now + this.#parts.lookMs));
        return undefined;
      }
      const pace = await store.read((db) =>
        this.#parts.outcome.pacer.paceOf(db, scope.account, message, now),
      );
      if (pace.kind === 'parked') {
        await store.write((db) => transitions.park(db, message.id, pace.reason, pace.at));
        changes.changed(message.id);
        return undefined;
      }
      if (pace.kind === 'later') return pace.at - now;
    }
    const begun = await store.write(async (db) => {
      const attempted = await transitions.beginAttempt(db, message, now, scope.account);
      if (attempted !== undefined) await noteWritten(db, message, now);
      return attempted;
    });
    if (begun === undefined) return 0;
    if (isFirst) this.#parts.outcome.pacer.sent(now);
    const heldBecause = isFirst ? undefined : whyHeld(begun, broken);
    // The bridge refuses to send it from another account than the one that counts now.
    const account = begun.account ?? (scope.account === '' ? undefined : scope.account);
    const carry = (signal: AbortSignal) => this.#carry({ ...begun, account }, now, heldBecause, signal);
    this.#parts.inFlight.begin(message, laneFor(begun, now), carry, () => this.#parts.wake());
    return undefined;
  }

  /** Finds out who a message goes to, before anything else: gives as `#begin`. */
  async #settleRecipient(scope: Scope, message: Message, now: number): Promise<number | undefined> {
    const step = await this.#recipients.next(scope, message, now);
    this.#parts.changes.changed(message.id);
    // Another message of the same person may come first.
    if (step.kind === 'settled') return 0;
    if (step.kind === 'parked') return undefined;
    const ask = async () => {
      try {
        await step.ask().catch((error: unknown) => this.#turnedAway(message, error, now));
        await this.#release();
      } catch (error) {
        if (!isStorageError(error))
          this.#parts.log.error(
            { err: error, id: message.id },
            `a recipient was not found: ${errorText(error)}`,
          );
      }
    };
    this.#parts.inFlight.begin(message, 'none', ask, () => this.#parts.wake());
    return undefined;
  }

  /** Lets the messages be looked at that wait for what an earlier one tells. */
  async #release(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const ids = [...this.#waiting];
    this.#waiting.clear();
    await this.#parts.store.write((db) => transitions.unpark(db, ids));
  }

  /** The bridge cannot ask WhatsApp now, and so cannot send. Throws what is no reason of the bridge. */
  async #turnedAway(message: Message, error: unknown, now: number): Promise<void> {
    const reason = error instanceof KitError ? error.message : undefined;
    if (reason === undefined || isStorageError(error)) throw error;
    const isAnother = error instanceof KitError && error.code === 'account_changed';
    if (isAnother) this.#parts.accounts.doubt();
    else this.#parts.outcome.breaker.trip(reason);
    const wait = isUnsent(message.state) ? transitions.park : transitions.postpone;
    await this.#parts.store.write((db) =>
      wait(db, message.id, reason, isAnother ? now + this.#parts.lookMs : now),
    );
  }

  /** One call of the bridge, and what follows from it. Never throws: what cannot be noted is settled at the next look. */
  async #carry(
    message: Message,
    now: number,
    heldBecause: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, bridge, changes, log } = this.#parts;
    try {
      const outcome = await attempt(bridge, store, message, now, signal, heldBecause !== undefined);
      const { aborted: isCalledOff } = signal;
      await recordOutcome(this.#parts.outcome, { message, outcome, begunAt: now, isCalledOff, heldBecause });
      await this.#release();
      if (outcome.kind === 'unsent' && outcome.code === 'page_incompatible') this.#parts.compat.doubt();
      if (outcome.kind === 'unsent' && outcome.code === 'account_changed') this.#parts.accounts.doubt();
    } catch (error) {
      if (!isStorageError(error))
        log.error({ err: error, id: message.id }, `a message could not be carried: ${errorText(error)}`);
      this.#parts.mustLookAtAll(); // Its moment could not be noted either.
    }
    changes.changed(message.id);
  }
}
