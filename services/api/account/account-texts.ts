import type { Account } from '../../contract/person.ts';
import { type Accounts, changeOf, currentAccount } from './linked-account.ts';

const WAYS_OUT =
  'link the first phone again, or choose: POST /api/whatsapp/account/adopt sends its messages from the account that is linked now, POST /api/whatsapp/account/cancel cancels them';

/** An account as people know it: its number, and its name where it has one. */
export function nameOf({ id, name }: Account): string {
  return name === undefined ? numberOf(id) : `${numberOf(id)} (${name})`;
}

/** The number of an account, or its id where that is no number. */
export function numberOf(id: string): string {
  return id.replace(/@c\.us$/, '');
}

/** Why nothing goes out while another account is linked; undefined while none is. */
export function whyChanged(accounts: Accounts): string | undefined {
  const change = changeOf(accounts);
  if (change === undefined) return undefined;
  return `account_changed: ${nameOf(change.linked)} is linked, and this session belongs to ${nameOf(change.owner)}. Nothing goes out until you decide: ${WAYS_OUT}`;
}

/**
 * Why a message waits because of the account that is linked: it is undecided what becomes of the session, or the message
 * belongs to another account. Undefined where the accounts hold nothing back.
 */
export function whyHeldBack(accounts: Accounts, account: string | undefined): string | undefined {
  const reason = whyChanged(accounts);
  const current = currentAccount(accounts);
  if (reason !== undefined || account === undefined || current === '' || account === current) return reason;
  return `account_changed: it belongs to the account ${numberOf(account)}, and ${numberOf(current)} is linked; it waits until ${numberOf(account)} is linked again. DELETE cancels it`;
}
