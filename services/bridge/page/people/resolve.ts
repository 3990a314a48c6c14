import { z } from 'zod';
import { type Person, personOf } from '../../../contract/person.ts';
import { parse } from '../data.ts';
import { ADDRESSES_OF } from '../lookup.ts';
import { CHECK_ACCOUNT } from './own-account.ts';

/** Who is at an address, as one page knows it. */
export interface ResolvedPerson {
  /** The address of the chat that the page has with this person; else the one by which WhatsApp names the account. */
  readonly chatId: string;
  readonly person: Person;
  /** Whether WhatsApp's server was asked. */
  readonly isAsked: boolean;
}

export interface ResolveOptions {
  /** The account that has to be linked. */
  readonly account?: string | undefined;
  /** Ask WhatsApp's server, whatever the page knows. */
  readonly isFresh?: boolean | undefined;
}

/**
 * Who a number or a LID is. The page knows a number that it has a chat with, or of which it knows the LID; of any other one it
 * asks WhatsApp's server, and learns the pair. A LID names its person: of one that the page does not know, it asks nothing.
 * Evaluates to null for a number that has no account. Source: `WAWebApiContact`, `WAWebQueryExistsJob` (jigger@0fbd5e1a).
 */
export function resolvePerson(chatId: string, { account, isFresh = false }: ResolveOptions): string {
  return `(async () => {
    ${CHECK_ACCOUNT}
    ${ADDRESSES_OF}
    const [chatId, account, isFresh] = ${JSON.stringify([chatId, account ?? null, isFresh])};
    checkAccount(account);
    const { Chat, Contact } = window.require('WAWebCollections');
    const wid = window.require('WAWebWidFactory').createWid(chatId);
    const widsOf = (wid) => {
      try {
        return addressesOf(textOf(wid));
      } catch {
        return [wid]; // A page that keeps no pairs.
      }
    };
    const describe = (wid, isAsked) => {
      // By LID first, so that each id of a person leads to the same one of two chats.
      const wids = widsOf(wid).sort((a, b) => Number(b.isLid()) - Number(a.isLid()));
      const chat = wids.map((one) => Chat.get(one)).find(Boolean);
      const names = wids.map((one) => Contact?.get?.(one)?.name);
      const address = chat?.id ?? (isAsked ? wid : wids[0]);
      const name = names.find((one) => typeof one === 'string' && one !== '') ?? null;
      return {
        found: { chatId: textOf(address), ids: wids.map(textOf), name, isAsked },
        isKnown: Boolean(chat) || wids.length > 1,
      };
    };
    const { found, isKnown } = describe(wid, false);
    if (wid.isLid() || (isKnown && !isFresh)) return found;
    const answer = await window.require('WAWebQueryExistsJob').queryWidExists(wid);
    checkAccount(account);
    return answer?.wid ? describe(answer.wid, true).found : null;
  })()`;
}

/** What `resolvePerson` gives. Throws PageDataError. */
export function readResolved(raw: unknown): ResolvedPerson | undefined {
  const found = parse(resolvedSchema, raw, 'person at an address');
  if (found === null) return undefined;
  const { chatId, ids, name, isAsked } = found;
  return { chatId, person: { ...personAmong(ids), ...(name === null ? {} : { name }) }, isAsked };
}

/** The person with these ids, of which the first by number and the first by LID count. */
export function personAmong(ids: readonly string[]): Person {
  return Object.assign({}, ...ids.map(personOf).reverse());
}

const resolvedSchema = z
  .object({ chatId: z.string(), ids: z.array(z.string()), name: z.string().nullable(), isAsked: z.boolean() })
  .nullable();
