import type { Scope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import type { Database, DialectName } from '../store/store.ts';
import type { PersonRow } from './known-people.ts';
import { learnAnswer } from './learn-people.ts';

/** Takes an answer of WhatsApp in, in a transaction of which it locks the log first. */
export type TakeAnswer = (db: Database, dialect: DialectName) => Promise<PersonRow>;

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
