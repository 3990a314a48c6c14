import { z } from 'zod';
import { idsOf, isPersonId, type Person, personOf } from '../../../contract/person.ts';
import { parse } from '../data.ts';
import { TEXT_OF } from '../ids.ts';

/**
 * Who is who inside WhatsApp Web, as source text for the page: what its cache of pairs of number and LID says, and whose
 * account it has. A page without these exports knows nobody under a second id, and does not say its account.
 */

/** The error in the page when its account is another one than that of a message. */
export const OTHER_ACCOUNT = 'gatehouse: other account';

/** `siblingOf(wid)` is the other id of a person, as the page knows it: a wid, or undefined. */
export const SIBLING_OF = `
  const siblingOf = (wid) => {
    try {
      const { getPhoneNumber, getCurrentLid } = window.require('WAWebApiContact');
      return (wid.isLid() ? getPhoneNumber(wid) : getCurrentLid(wid)) ?? undefined;
    } catch {
      return undefined;
    }
  };`;

/**
 * `isOther(account)` says whether the page has another account than the one with this id; false where it does not say whose
 * it has. Source: \`WAWebUserPrefsMeUser\` (jigger@0fbd5e1a).
 */
export const IS_OTHER_ACCOUNT = `
  ${TEXT_OF}
  ${SIBLING_OF}
  const idsOfMe = () => {
    try {
      const { getMaybeMePnUser, getMaybeMeLidUser } = window.require('WAWebUserPrefsMeUser');
      const me = [getMaybeMePnUser?.(), getMaybeMeLidUser?.()].filter(Boolean);
      return [...new Set([...me, ...me.map(siblingOf).filter(Boolean)].map(textOf))];
    } catch {
      return [];
    }
  };
  const isOther = (account) => {
    const me = account ? idsOfMe() : [];
    return me.length > 0 && !me.includes(account);
  };`;

/** Throws in the page when it has another account than the one with this id: empty for any. */
export function demandAccount(account: string): string {
  return `(() => {
    ${IS_OTHER_ACCOUNT}
    if (isOther(${JSON.stringify(account)})) throw new Error('${OTHER_ACCOUNT}');
  })();`;
}

/** The ids of the page's account, if it has another one than that with this id; else null. */
export function otherAccount(account: string): string {
  return `(() => {
    ${IS_OTHER_ACCOUNT}
    return isOther(${JSON.stringify(account)}) ? idsOfMe() : null;
  })()`;
}

/** What the page knows of the person behind an id: each id, the id of the chat if there is one, and a name. */
export function whoIs(chatId: string): string {
  return `(() => {
    ${TEXT_OF}
    ${SIBLING_OF}
    const { Chat, Contact } = window.require('WAWebCollections');
    const wid = window.require('WAWebWidFactory').createWid(${JSON.stringify(chatId)});
    const wids = [wid, siblingOf(wid)].filter(Boolean);
    const find = (collection) => {
      try {
        return wids.map((one) => collection.get(one)).find(Boolean);
      } catch {
        return undefined;
      }
    };
    const chat = find(Chat);
    const { name, pushname } = find(Contact) ?? {};
    return { ids: wids.map(textOf), chatId: chat ? textOf(chat.id) : null, name: String(name ?? pushname ?? '') };
  })()`;
}

/** What the page knows of a person. */
export interface KnownIdentity {
  readonly person: Person;
  /** The address of the chat, if there is one. */
  readonly chatId: string | undefined;
}

const identitySchema = z.object({
  ids: z.array(z.string()),
  chatId: z.string().nullable(),
  name: z.string(),
});

/** What `whoIs` gives. An id that is no person's is left out. Throws PageDataError. */
export function readIdentity(raw: unknown): KnownIdentity {
  const { ids, chatId, name } = parse(identitySchema, raw, 'person that was looked for');
  const people = ids.map(personOf).filter((person) => person !== undefined);
  const text = name.trim();
  return {
    person: Object.assign({}, ...people, text === '' ? {} : { name: text }),
    chatId: chatId !== null && isPersonId(chatId) ? chatId : undefined,
  };
}

/** Adds what an id says to what is known of its person. */
export function withId(person: Person, id: string): Person {
  return idsOf(person).includes(id) ? person : { ...personOf(id), ...person };
}
