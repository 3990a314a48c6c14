import { openChat } from '../messages.ts';
import { createWid, me, type Wid } from '../objects/ids.ts';
import { type ChatModel, findChat } from '../objects/store.ts';
import { call } from '../phone-connection.ts';
import { current } from '../settings.ts';
import { isRecord, numberOf, optionalTextOf, textOf } from '../wire.ts';
import { chatAddressOf } from './addressing.ts';
import { learnPerson, lidPnCache } from './lid-pn-cache.ts';

/** What the server answers to a query that it refuses. Source: `WAWebBackendErrors` (jigger@0fbd5e1a). */
class ServerStatusCodeError extends Error {
  override readonly name = 'ServerStatusCodeError';
  readonly status: number;
  readonly statusCode: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
    this.statusCode = status;
  }
}

/** The LID of a number. A page that has not met the person does not know it. */
export function getCurrentLid(number: Wid): Wid | undefined {
  return me.lid !== undefined && me.pn?.equals(number) === true ? me.lid : lidPnCache.getCurrentLid(number);
}

/** The number of a LID. As in the real page, this throws when it is given a number. */
export function getPhoneNumber(lid: Wid): Wid | undefined {
  return me.pn !== undefined && me.lid?.equals(lid) === true ? me.pn : lidPnCache.getPhoneNumber(lid);
}

/**
 * Asks the server for the account of a number or LID; null for one that has none. The account is named by its LID where
 * it has one, and the page learns the pair. Throws when the server refuses.
 * Source: `WAWebQueryExistsJob` (jigger@0fbd5e1a).
 */
export async function queryWidExists(wid: Wid): Promise<object | null> {
  const account = await querySync(wid);
  return account === undefined
    ? null
    : { wid: account.lid ?? account.number, biz: false, bizInfo: undefined, isUsernameSearch: false };
}

/**
 * The chat of a person, group or channel, under the address by which this account keeps it.
 * Source: `WAWebFindChat` (jigger@0fbd5e1a), with the words of its errors.
 */
export async function findOrCreateLatestChat(wid: Wid): Promise<{ chat: ChatModel; created: boolean }> {
  const id = wid.isRegularUser() ? await selectChat(wid) : wid;
  const known = findChat(id);
  if (known !== undefined) return { chat: known, created: false };
  // Unknown of the real page before the migration: whether it opens a chat with a number that has no account.
  if (id.isRegularUserPn() && !(await isRegistered(id))) throw new Error('No LID for user');
  return { chat: openChat(id, true), created: true };
}

async function selectChat(wid: Wid): Promise<Wid> {
  if (current.settings.lidChats) {
    if (toUserLid(wid) === undefined) await querySync(wid);
    const lid = toUserLid(wid);
    if (lid === undefined) throw new Error('No LID for user');
    return createWid(chatAddressOf(String(lid)));
  }
  if (!wid.isLid() || findChat(wid) !== undefined) return wid;
  const number = getPhoneNumber(wid);
  if (number === undefined)
    throw new Error(
      'findOrCreateLatestChat: could not find phone number for lid while enforcing pre-migration rules',
    );
  return number;
}

/** Source: `WAWebLidMigrationUtils` (jigger@0fbd5e1a). */
export function toUserLid(wid: Wid): Wid | undefined {
  return wid.isLid() ? wid : getCurrentLid(wid);
}

/** An account whose server cannot be asked now may have this number. */
async function isRegistered(number: Wid): Promise<boolean> {
  try {
    return (await querySync(number))?.number?.equals(number) === true;
  } catch (error) {
    console.warn(`opens a chat with ${number} unasked: ${error}`);
    return true;
  }
}

interface Account {
  readonly number: Wid | undefined;
  readonly lid: Wid | undefined;
}

async function querySync(wid: Wid): Promise<Account | undefined> {
  const { account, error } = await call('usync', { id: String(wid), by: wid.server });
  if (isRecord(error)) throw new ServerStatusCodeError(numberOf(error, 'code'), textOf(error, 'text'));
  if (!isRecord(account)) return undefined;
  const [number, lid] = [optionalTextOf(account, 'pn'), optionalTextOf(account, 'lid')];
  if (number !== undefined) learnPerson(number);
  return {
    number: number === undefined ? undefined : createWid(number),
    lid: lid === undefined ? undefined : createWid(lid),
  };
}
