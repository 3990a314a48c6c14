import { OTHER_ACCOUNT } from '../errors.ts';
import { TEXT_OF } from '../ids.ts';

/**
 * For source text that runs in the page: `ownIds()` gives the ids of the account that this page is linked to, by number and
 * by LID, as far as it says them. `checkAccount(id)` throws `OTHER_ACCOUNT` and both accounts as JSON where that is another
 * one. A page that does not say its account passes, and so does a call without an id.
 *
 * The page may know its account by LID only. Then an id by number passes if the page knows the two for a pair.
 * Source: `WAWebUserPrefsMeUser`, `WAWebApiContact` (jigger@0fbd5e1a).
 */
export const CHECK_ACCOUNT = `
  const { ownIds, checkAccount } = (() => {
    ${TEXT_OF}
    const ownIds = () => {
      try {
        const { getMaybeMePnUser, getMaybeMeLidUser } = window.require('WAWebUserPrefsMeUser');
        return [getMaybeMePnUser(), getMaybeMeLidUser()].filter(Boolean).map(textOf);
      } catch {
        return []; // A page of another time.
      }
    };
    const otherIdOf = (id) => {
      try {
        const wid = window.require('WAWebWidFactory').createWid(id);
        const { getPhoneNumber, getCurrentLid } = window.require('WAWebApiContact');
        const other = wid.isLid() ? getPhoneNumber(wid) : getCurrentLid(wid);
        return other ? textOf(other) : undefined;
      } catch {
        return undefined;
      }
    };
    const serverOf = (id) => id.split('@')[1];
    const checkAccount = (account) => {
      const own = ownIds();
      if (!account || own.length === 0 || own.includes(account)) return;
      const isComparable = own.some((id) => serverOf(id) === serverOf(account));
      if (!isComparable && own.includes(otherIdOf(account))) return;
      throw new Error('${OTHER_ACCOUNT}' + JSON.stringify({ account, linked: own[0] }));
    };
    return { ownIds, checkAccount };
  })();`;

/** Checks the account of the page; evaluates to its ids. */
export function readAccount(account: string | undefined): string {
  return `(() => {
    ${CHECK_ACCOUNT}
    checkAccount(...${JSON.stringify(account === undefined ? [] : [account])});
    return ownIds();
  })()`;
}

/**
 * Checks the account of the page now, and once more in the moment in which the page changes the message with this serialized id:
 * between the two, the library reads the message from the database of the page. The page knows the message by its stanza id,
 * because it may keep it under another address.
 */
export function guardChange(id: string, account: string | undefined): string {
  return `(() => {
    ${CHECK_ACCOUNT}
    const [id, account] = ${JSON.stringify([id, account ?? null])};
    checkAccount(account);
    const stanzaIdOf = (text) => /^(?:true|false)_[^_]+_([^_]+)/.exec(text)?.[1] ?? text;
    const owner = window.WWebJS ?? {};
    const accounts = (owner.accountsOfChanges ??= new Map());
    accounts.delete(stanzaIdOf(id));
    if (account) accounts.set(stanzaIdOf(id), account);
    for (const oldest of accounts.keys()) if (accounts.size > 1000) accounts.delete(oldest);
    const moduleOf = (name) => {
      try {
        return window.require(name);
      } catch {
        return undefined; // Its chunk has not been loaded, or this page has no such module.
      }
    };
    const guard = (holder, name, messagesOf) => {
      const act = holder?.[name];
      if (typeof act !== 'function' || act.isGuarded) return;
      const guarded = function (...given) {
        for (const msg of messagesOf(given)) checkAccount(accounts.get(msg?.id?.id));
        return act.apply(this, given);
      };
      holder[name] = Object.assign(guarded, { isGuarded: true });
    };
    const listOf = ([, messages]) => messages?.list ?? messages ?? [];
    guard(moduleOf('WAWebSendReactionMsgAction'), 'sendReactionToMsg', ([msg]) => [msg]);
    guard(moduleOf('WAWebSendMessageEditAction'), 'sendMessageEdit', ([msg]) => [msg]);
    guard(moduleOf('WAWebCmd')?.Cmd, 'sendRevokeMsgs', listOf);
    guard(moduleOf('WAWebCmd')?.Cmd, 'sendDeleteMsgs', listOf);
  })()`;
}
