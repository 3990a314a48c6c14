import { lidOf, registeredNumber } from '../../services/sandbox/web/people/directory.ts';

/** A person who is written to. */
export interface Recipient {
  /** As the phone and its journal have it, `<registered number>@c.us`. */
  readonly chatId: string;
  /** Every form in which the writers name the person: numbers in several notations, an alias where there is one, the LID. */
  readonly forms: readonly [string, ...string[]];
}

/** One form of a number, with the number of the person in the place of `#`, and another form of the same number. */
interface Country {
  readonly registered: string;
  readonly alias?: string;
}

/** Source of the rules: `services/sandbox/web/people/directory.ts`. The number of the person is even, so that Mexico has its 1. */
const COUNTRIES: readonly Country[] = [
  { registered: '155520100#' },
  { registered: '5511980000#', alias: '551180000#' },
  { registered: '5215510000#', alias: '525510000#' },
  { registered: '5491140000#', alias: '541140000#' },
  { registered: '554780000#', alias: '5547980000#' },
];
const DIGITS = 3;
const PLAIN_DIGITS = 2;

/** So many people, from countries where numbers have aliases and from others. */
export function peopleUnderManyForms(count: number): Recipient[] {
  return Array.from({ length: count }, (_, index) => {
    const { registered, alias } = COUNTRIES[index % COUNTRIES.length] ?? { registered: '' };
    const person = 2 * Math.floor(index / COUNTRIES.length) + 10;
    const number = numberOf(registered, person);
    const other = alias === undefined ? undefined : numberOf(alias, person);
    const lid = lidOf(number);
    if (registeredNumber(other ?? number) !== number || lid === undefined)
      throw new Error(`${number} is not the registered form of ${other}, or has no LID`);
    const aliases = other === undefined ? [] : [other, `${other}@c.us`];
    return {
      chatId: `${number}@c.us`,
      forms: [number, spaced(number), `${number}@c.us`, ...aliases, `${lid}@lid`, `${lid}@lid`],
    };
  });
}

function numberOf(pattern: string, person: number): string {
  const digits = pattern.startsWith('1555') ? PLAIN_DIGITS : DIGITS;
  return pattern.replace('#', String(person).padStart(digits, '0'));
}

/** `5511980000010` is `+55 11 9800-00010`: as people write it. */
function spaced(number: string): string {
  return `+${number.slice(0, 2)} ${number.slice(2, 4)} ${number.slice(4, 8)}-${number.slice(8)}`;
}
