import { errorText, KitError } from '../../../contract/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { MessageChanges } from '../../outbox/changes.ts';
import type { Dispatcher } from '../../outbox/dispatcher.ts';
import { isStorageError } from '../../store/storage-errors.ts';
import type { Store } from '../../store/store.ts';
import { fillIn } from '../link/fill-in.ts';
import { type Decision, isChanged, readAccounts } from '../linked-account.ts';
import { beginDecision, type Decided, type Step, stepDecision } from './decision-steps.ts';
import { type Page, START } from './settle-messages.ts';

export interface DeciderParts {
  readonly session: string;
  readonly store: Store;
  readonly events: EventLog;
  readonly changes: MessageChanges;
  readonly dispatcher: Pick<Dispatcher, 'wake'>;
  readonly log: Log;
}

/** How often the store is asked for messages without an account, and for a decision that a process left half done. */
const TEND_MS = 60_000;

/**
 * Carries out what an operator decides while another account is linked. The decision is on disk before the first message
 * changes, and each step is a transaction: after a crash, any api of this database carries it on. Nothing goes out before
 * it is done.
 */
export class AccountDecider {
  readonly #parts: DeciderParts;
  #timer: NodeJS.Timeout | undefined;
  #tending: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: DeciderParts) {
    this.#parts = parts;
  }

  /** Carries on what a process has left half done, now and from time to time. */
  start(): void {
    this.#tending = this.#tend();
    this.#timer = setInterval(() => {
      this.#tending = this.#tending.then(() => this.#tend());
    }, TEND_MS);
    this.#timer.unref();
  }

  /** What is under way ends after its present step. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#tending;
  }

  /**
   * Decides, and carries the decision out. `expected`: the id of the account that must be linked. Throws KitError
   * `account_unchanged`, `account_changed`, and those of the store; the latter leave a decision that is carried on later.
   */
  async decide(decision: Decision, expected: string | undefined): Promise<Decided> {
    const { store, session } = this.#parts;
    const before = await store.read((db) => readAccounts(db, session));
    const linked = await store.write((db, dialect) =>
      beginDecision(db, dialect, session, decision, expected),
    );
    const done = await this.#carryOut(linked);
    if (done !== undefined) return done;
    // Another process may have done the last step.
    const { decided, owner } = await store.read((db) => readAccounts(db, session));
    if (decided?.decision === decision && decided.linked === linked.id && owner?.id === linked.id)
      return { ...decided, decision, previous: before.owner ?? linked, linked };
    throw new KitError(
      'account_changed',
      'another account was linked meanwhile, or the kit stops: GET /api/whatsapp/account says what is left',
    );
  }

  async #carryOut(linked: Parameters<typeof stepDecision>[3]): Promise<Decided | undefined> {
    const { store, session, events, changes, dispatcher } = this.#parts;
    let place: Page = START;
    while (!this.#isClosed) {
      const step: Step = await store.write((db, dialect) =>
        stepDecision(db, dialect, session, linked, place, Date.now()),
      );
      if (step.kind === 'gone') return undefined;
      events.appended();
      if (step.kind === 'done') {
        dispatcher.wake();
        return step.decided;
      }
      for (const id of step.ids) changes.changed(id);
      place = step.after;
    }
    return undefined;
  }

  async #tend(): Promise<void> {
    const { store, session, log } = this.#parts;
    try {
      const accounts = await store.read((db) => readAccounts(db, session));
      const { owner, linked, deciding } = accounts;
      if (deciding !== undefined && linked !== undefined && isChanged(accounts)) await this.#carryOut(linked);
      else if (owner !== undefined && linked !== undefined)
        await store.write((db) => fillIn(db, session, owner));
    } catch (error) {
      // The store logs its own failures and recovers by itself.
      if (!isStorageError(error))
        log.error({ err: error }, `a decision about the account was not carried on: ${errorText(error)}`);
    }
  }
}
