import { KitError } from '../../contract/errors.ts';
import type { SendingBrowser } from './sending-browser.ts';

/**
 * Throws `account_changed` when the page has another account than the one that a message belongs to: nothing is sent from
 * there, and what is not in its chats may have been sent all the same. A page that does not say whose account it has passes.
 */
export async function demandAccount(
  browser: SendingBrowser,
  account: string | undefined,
  ms: number,
): Promise<void> {
  if (account === undefined) return;
  const other = await browser.call('whose account it is', ({ sends }) => sends.otherAccount(account), ms);
  if (other !== undefined) throw accountChanged(account, other);
}

/** `linked`: the ids of the account of the page. */
export function accountChanged(account: string, linked: readonly string[]): KitError {
  return new KitError(
    'account_changed',
    `nothing was sent: the message belongs to ${account}, and ${linked[0] ?? 'another account'} is linked`,
  );
}
