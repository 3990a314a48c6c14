import { createWid, type Wid } from '../objects/ids.ts';
import { lidOf } from './directory.ts';

/** The pairs of LID and number that this page has met. Source: `WAWebLidPnCache` (jigger@0fbd5e1a). */
export class LidPnCache {
  readonly #numbers = new Map<string, Wid>();
  readonly #lids = new Map<string, Wid>();

  /** Throws for what is no LID, in the words of the real page. */
  getPhoneNumber(lid: Wid): Wid | undefined {
    if (!lid.isUser()) throw new Error('WaWebLidPnCache - Invalid get call (not user)');
    if (!lid.isLid()) throw new Error('WaWebLidPnCache - Invalid get call (not lid)');
    return this.#numbers.get(String(lid));
  }

  getCurrentLid(number: Wid): Wid | undefined {
    return number.isLid() ? number : this.#lids.get(String(number));
  }

  add(lid: Wid, { phoneNumber }: { readonly phoneNumber: Wid }): void {
    this.#numbers.set(String(lid), phoneNumber);
    this.#lids.set(String(phoneNumber), lid);
  }

  clear(): void {
    this.#numbers.clear();
    this.#lids.clear();
  }

  get phoneNumbers(): string[] {
    return [...this.#lids.keys()];
  }
}

export const lidPnCache = new LidPnCache();

/** As the contacts in the database of the real page, this outlives a reload, and ends with the login. */
const KEPT = 'lid-pn';

/** The page meets a person: it learns the LID that belongs to the number, if there is one. */
export function learnPerson(phoneNumber: string): void {
  const lid = lidOf(phoneNumber.split('@')[0] ?? '');
  const number = createWid(phoneNumber);
  if (lid === undefined || lidPnCache.getCurrentLid(number) !== undefined) return;
  lidPnCache.add(createWid(`${lid}@lid`), { phoneNumber: number });
  localStorage.setItem(KEPT, JSON.stringify(lidPnCache.phoneNumbers));
}

/** Source: `WAWebApiContact.warmUpAllLidPnMappings` (jigger@0fbd5e1a). */
export function warmUpAllLidPnMappings(): void {
  const known: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
  if (Array.isArray(known)) for (const number of known) learnPerson(String(number));
}

export function clearLidPnMappingCache(): void {
  lidPnCache.clear();
  localStorage.removeItem(KEPT);
}
