import { type RawBuilder, sql } from 'kysely';
import {
  isInDoubt,
  isOpen,
  isScheduled,
  isUnsent,
  type MessageState,
  statesWhere,
} from '../../contract/message-states.ts';

/**
 * Conditions on a row of `messages`, generated from the table of states. Each has the text of a partial index, so that
 * queries use the index (test: message states).
 */
export const stateIs = {
  /** The message has a place in the queue of its chat. */
  open: condition(isOpen),
  /** The message waits for its `send_at`. */
  scheduled: condition(isScheduled),
  /** The message certainly was not sent, and may expire. */
  unsent: condition(isUnsent),
  /** The message may have been sent. */
  inDoubt: condition(isInDoubt),
};

/** The same as lists, for an index that has the state as a column. */
export const statesOf = { open: listed(isOpen), inDoubt: listed(isInDoubt) };

// `is true` changes no result. It keeps SQLite from the index on the state, which leads to every waiting message; the
// partial index leads to the first.
function condition(claim: (state: MessageState) => boolean): RawBuilder<boolean> {
  const [first, ...others] = statesWhere(claim).map((state) => sql.lit(state));
  if (first === undefined) throw new Error('no state fits the condition');
  return others.length === 0
    ? sql<boolean>`(state = ${first}) is true`
    : sql<boolean>`(state in (${sql.join([first, ...others])})) is true`;
}

function listed(claim: (state: MessageState) => boolean): readonly RawBuilder<string>[] {
  return statesWhere(claim).map((state) => sql.lit(state));
}
