import { z } from 'zod';
import { isPersonId, type Person, personOf } from '../../../contract/person.ts';
import { TEXT_OF } from '../ids.ts';

/** The field in which data of the page carries what the page knows of the people in it, by id. */
export const PEOPLE_FIELD = 'gatehousePeople';

/**
 * Puts what the page knows of people into all that it reports, in the page and at once, so that no event waits for a
 * look-up and the order of events stays. Where the page lacks an export, only what that export gives is missing. May run
 * more than once in a document. Afterwards `window.WWebJS.gatehousePeople(ids)` gives the same for any ids.
 *
 * A LID may lead to a number that has another LID by now: that pair is old, and left out.
 * Source: `WAWebApiContact` (getPnIfLidIsLatestMapping), `WAWebLidPnCache`, `WAWebContactModel` (jigger@0fbd5e1a).
 */
export const INSTALL_PEOPLE = `(() => {
  ${TEXT_OF}
  const library = window.WWebJS;
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };
  const otherOf = (wid) => {
    const { getPhoneNumber, getCurrentLid } = window.require('WAWebApiContact');
    if (!wid.isLid()) return getCurrentLid(wid);
    const number = getPhoneNumber(wid);
    return number && textOf(getCurrentLid(number)) === textOf(wid) ? number : undefined;
  };
  const aboutOf = (id) => {
    const wid = window.require('WAWebWidFactory').createWid(id);
    if (!wid.isUser()) return undefined;
    const other = attempt(() => otherOf(wid));
    const contact = attempt(() => {
      const { Contact } = window.require('WAWebCollections');
      return Contact.get(wid) ?? (other && Contact.get(other));
    });
    const about = { other: other && textOf(other), name: contact?.name, pushname: contact?.pushname };
    return Object.values(about).some(Boolean) ? about : undefined;
  };
  const peopleOf = (ids) => {
    const people = {};
    for (const id of ids.filter(Boolean).map(textOf)) {
      const about = attempt(() => aboutOf(id));
      if (about) people[id] = about;
    }
    return people;
  };
  const named = (data, ids) => {
    const people = attempt(() => peopleOf(ids())) ?? {};
    return Object.keys(people).length === 0 ? data : { ...data, ${PEOPLE_FIELD}: people };
  };
  const once = (owner, name, wrap) => {
    const original = owner?.[name];
    if (typeof original !== 'function' || original.isNaming) return;
    original.isNaming = true;
    // A proxy: puppeteer keeps the calls under way of an exposed function in fields of that function.
    owner[name] = new Proxy(original, {
      apply: (target, self, given) => wrap((...values) => Reflect.apply(target, self, values), given),
    });
  };
  if (library) library.gatehousePeople = peopleOf;
  once(library, 'getMessageModel', (make, given) => {
    const [msg] = given;
    return named(make(...given), () => [msg.id.remote, msg.author]);
  });
  // The library passes on no other field of a reaction or a call.
  once(window, 'onReaction', (report, given) => {
    const withPeople = (reaction) => {
      const key = reaction?.parentMsgKey;
      return key ? { ...reaction, parentMsgKey: named(key, () => [key.remote, reaction.senderUserJid]) } : reaction;
    };
    return report(attempt(() => given[0].map(withPeople)) ?? given[0]);
  });
  once(window, 'onIncomingCall', (report, given) => {
    const caller = given[0]?.peerJid;
    const people = (caller && attempt(() => peopleOf([caller]))) || {};
    if (Object.keys(people).length === 0) return report(...given);
    return report({ ...given[0], peerJid: { _serialized: textOf(caller), ${PEOPLE_FIELD}: people } });
  });
})()`;

/**
 * The person of an id, with what the data of the page (`raw`) says of this id; undefined for what is no person. What the
 * page says and does not parse is left out. `sentName` is the name that a message carries of its sender.
 */
export function personIn(raw: unknown, id: string | undefined, sentName?: string): Person | undefined {
  if (id === undefined || !isPersonId(id)) return undefined;
  const own = personOf(id);
  if (own === undefined) return undefined;
  const about = aboutSchema.safeParse(peopleSchema.safeParse(raw).data?.[PEOPLE_FIELD][id]).data ?? {};
  const other = about.other !== undefined && isPersonId(about.other) ? personOf(about.other) : undefined;
  const name = about.name || sentName || about.pushname;
  // The id itself comes last: what the page says may not replace it.
  return { ...other, ...own, ...(name ? { name } : {}) };
}

/** The people of a message: whose chat it is; in a chat of several, who wrote it. */
export function peopleOfMessage(
  raw: unknown,
  message: {
    readonly chat_id: string;
    readonly author?: string | undefined;
    readonly sender_name?: string | undefined;
    readonly from_me: boolean;
  },
): { person?: Person; author_person?: Person } {
  const { chat_id, author, sender_name, from_me } = message;
  const person = personIn(raw, chat_id, from_me ? undefined : sender_name);
  if (person !== undefined) return { person };
  const writer = personIn(raw, author, sender_name);
  return writer === undefined ? {} : { author_person: writer };
}

const peopleSchema = z.object({ [PEOPLE_FIELD]: z.record(z.string(), z.unknown()) });

const text = z.string().optional().catch(undefined);
const aboutSchema = z.object({ other: text, name: text, pushname: text });
