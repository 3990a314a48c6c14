/**
 * The people that the server of WhatsApp knows, as fixed rules: the LID of each number, and the one form under which a
 * number with several forms is registered. The phone and the page both use them, so that neither stores a list.
 */

const PERSON = /^[1-9]\d{6,13}$/;
const LID = /^[1-9]\d{14}$/;
/** People with numbers of this range have no LID. */
const WITHOUT_LID = /^1555099/;

/** LIDs have 15 digits, as many as the real page allows. Source: `WAWebWidValidator` (jigger@0fbd5e1a). */
const FIRST = 10n ** 14n;
const COUNT = 9n * FIRST;
/** A step that has no divisor in common with `COUNT` gives each number a LID of its own. `BACK` is its inverse. */
const STEP = 618_033_988_749_899n;
const BACK = 65_298_662_240_099n;

/** The LID of the person with this number, or undefined for a person who has none. Both are digits. */
export function lidOf(number: string): string | undefined {
  if (!PERSON.test(number) || WITHOUT_LID.test(number)) return undefined;
  return String(FIRST + ((BigInt(number) * STEP) % COUNT));
}

/** The number of the person with this LID; undefined for a person whose number nobody here knows. */
export function numberOf(lid: string): string | undefined {
  if (!LID.test(lid)) return undefined;
  const number = String(((BigInt(lid) - FIRST) * BACK) % COUNT);
  return lidOf(number) === lid ? number : undefined;
}

/** A number in the form under which its account is registered. Most numbers have one form only. */
export function registeredNumber(number: string): string {
  for (const { forms, register } of ALIASES) {
    const parts = forms.exec(number);
    if (parts !== null) return register(parts[1] ?? '', parts[2] ?? '');
  }
  return number;
}

/** Numbers that people write in two forms. The account has one of them; which one is a fixed rule here. */
const ALIASES = [
  {
    // Brazil: mobile numbers got a ninth digit. Accounts of area codes up to 30 are registered with it, others without.
    forms: /^55([1-9]\d)9?([6-9]\d{7})$/,
    register: (area: string, subscriber: string) => `55${area}${Number(area) <= 30 ? '9' : ''}${subscriber}`,
  },
  {
    // Mexico: mobile numbers had a 1 after the country code until 2019. Accounts with an even last digit still have it.
    forms: /^52()1?([2-9]\d{9})$/,
    register: (_area: string, subscriber: string) =>
      `52${Number(subscriber.at(-1)) % 2 === 0 ? '1' : ''}${subscriber}`,
  },
  {
    // Argentina: accounts of mobile numbers have a 9 after the country code, which people leave out.
    forms: /^54()9?([1-8]\d{9})$/,
    register: (_area: string, subscriber: string) => `549${subscriber}`,
  },
] as const;
