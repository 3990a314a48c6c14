import { KitError } from '../../contract/errors.ts';
import { readScope, type Scope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Database, DialectName, Store } from '../store/store.ts';
import type { PersonRow } from './known-people.ts';
import { learnAnswer, noteAddress } from './learn-people.ts';
import { recipientOf } from './recipients.ts';

/** Takes an answer of WhatsApp in, in a transaction of which it locks the log first. */
export type TakeAnswer = (db: Database, dialect: DialectName) => Promise<PersonRow>;

export interface AskParts {
  readonly bridge: Pick<BridgeClient, 'resolve'>;
  readonly store: Store;
  readonly session: string;
}

/** Asks WhatsApp who an id is; `isFresh`: whatever its page knows. Throws what the bridge throws. */
export async function askWhatsApp(
  bridge: Pick<BridgeClient, 'resolve'>,
  scope: Scope,
  chatId: string,
  isFresh = false,
): Promise<TakeAnswer> {
  const { account } = scope;
  const { person, chatId: address } = await bridge.resolve({
    chatId,
    ...(account === '' ? {} : { account }),
    ...(isFresh ? { fresh: true } : {}),
  });
  return (db, dialect) =>
    learnAnswer(db, dialect, scope, chatId, { person, address, isPresent: true }, Date.now());
}

/**
 * Asks WhatsApp who an id is where nobody has asked yet: it may be another form of a number that is known. Returns whether
 * more is known now. A bridge that cannot ask is no error: then the id stays what it says. Throws what the store throws.
 */
export async function askOnce({ bridge, store, session }: AskParts, chatId: string): Promise<boolean> {
  const scope = await store.read((db) => readScope(db, session));
  const recipient = await store.read((db, dialect) => recipientOf(db, dialect, scope, chatId, Date.now()));
  if (recipient.kind !== 'unresolved') return false;
  try {
    await store.write(await askWhatsApp(bridge, scope, chatId));
    return true;
  } catch (error) {
    const code = error instanceof KitError ? error.code : undefined;
    if (code === undefined || isStorageError(error)) throw error;
    const isAbsent = code === 'recipient_not_on_whatsapp';
    if (isAbsent) await store.write((db) => noteAddress(db, scope, chatId, null, Date.now()));
    return false;
  }
}
