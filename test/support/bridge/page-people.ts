import { OTHER_ACCOUNT } from '../../../services/bridge/page/errors.ts';
import {
  personAmong,
  type ResolvedPerson,
  type ResolveOptions,
} from '../../../services/bridge/page/people/resolve.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { lidOf, numberOf, registeredNumber } from '../../../services/sandbox/web/people/directory.ts';
import type { PageMessages } from './page-messages.ts';

const WID = /^[\w.:-]+@(c\.us|g\.us|lid|broadcast|newsletter)$/;

export interface OwnIds {
  readonly pn: string;
  readonly lid?: string | undefined;
}

/** Who the page model is linked to, and the people that it has met since its load. */
export class PagePeople {
  readonly #phone: Phone;
  readonly #messages: PageMessages;
  readonly #own: () => OwnIds;
  readonly #met = new Set<string>();

  constructor(phone: Phone, messages: PageMessages, own: () => OwnIds) {
    this.#phone = phone;
    this.#messages = messages;
    this.#own = own;
  }

  /** The ids of the account. Throws as the page does for another one. */
  check(account: string | undefined): string[] {
    const { pn, lid } = this.#own();
    const own = [pn, ...(lid === undefined ? [] : [lid])];
    if (account === undefined || own.includes(account)) return own;
    throw new Error(`${OTHER_ACCOUNT}${JSON.stringify({ account, linked: pn })}`);
  }

  /** As `resolvePerson` in a page whose account keeps its chats by number. */
  resolve(chatId: string, { account, isFresh = false }: ResolveOptions): ResolvedPerson | undefined {
    this.check(account);
    checkWid(chatId);
    const [user = '', server] = chatId.split('@');
    if (server === 'lid') return this.#describe(numberOf(user) ?? '', chatId);
    if (!isFresh && this.#knows(user)) return this.#describe(user, chatId);
    const number = registeredNumber(user);
    if (this.#phone.unregistered.includes(`${number}@c.us`)) return undefined;
    this.#met.add(number);
    return { ...this.#describe(number, idOf(number)), isAsked: true };
  }

  #describe(number: string, asked: string): ResolvedPerson {
    const isKnown = this.#knows(number);
    const ids = isKnown ? [`${number}@c.us`, idOf(number)] : [asked];
    const hasChat = this.#messages.hasChat(`${number}@c.us`);
    return {
      chatId: hasChat ? `${number}@c.us` : (ids[1] ?? asked),
      person: personAmong(ids),
      isAsked: false,
    };
  }

  #knows(number: string): boolean {
    return this.#met.has(number) || this.#messages.hasChat(`${number}@c.us`);
  }
}

/** How WhatsApp names the account of a number. */
function idOf(number: string): string {
  const lid = lidOf(number);
  return lid === undefined ? `${number}@c.us` : `${lid}@lid`;
}

export function checkWid(address: string): void {
  if (!WID.test(address)) throw new Error('wid error: invalid wid');
}
