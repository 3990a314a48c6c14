import { type Fields, listOf, post, text } from './api.ts';
import { find, make, onEvent } from './dom.ts';

const owner = find('owner', HTMLSelectElement);
const known = find('known-phones', HTMLDataListElement);
const scan = find('scan', HTMLFormElement);

let shownPhones = '';
let currentNumber = '';
let onChoose: () => Promise<void> = async () => undefined;

export function whenOwnerChosen(listener: () => Promise<void>): void {
  onChoose = listener;
}

/** The number of the phone whose chats are shown: that of the kit, until another is chosen. */
export function shownNumber(): string {
  return owner.value === '' ? currentNumber : owner.value;
}

/** The field of a request that names the phone whose chats are shown. */
export function ofShownPhone(): { readonly phone?: string } {
  return owner.value === '' ? {} : { phone: owner.value };
}

/** A path that asks for what that phone has. */
export function atShownPhone(path: string): string {
  return owner.value === '' ? path : `${path}?phone=${encodeURIComponent(owner.value)}`;
}

/** Offers the phones that are known, to scan with and to look at. */
export function showPhones(state: Fields): void {
  const phones = listOf(state.phones);
  const next = JSON.stringify(
    phones.map((phone) => [phone.phone, phone.pushname, phone.linked, phone.current]),
  );
  if (next === shownPhones) return;
  shownPhones = next;
  const chosen = owner.value;
  currentNumber = text(phones.find(({ current }) => current === true) ?? {}, 'phone');
  known.replaceChildren(
    ...phones.map((phone) => choice(`+${text(phone, 'phone')}`, text(phone, 'pushname'))),
  );
  owner.replaceChildren(
    choice('', `the kit's phone, +${currentNumber}`),
    ...phones.map((phone) => choice(text(phone, 'phone'), nameOf(phone))),
  );
  owner.value = chosen;
}

onEvent(owner, 'change', () => onChoose());

onEvent(scan, 'submit', async () => {
  const values = new FormData(scan);
  const given = ['phone', 'pushname'].map((name) => [name, String(values.get(name)).trim()]);
  await post('/scan', Object.fromEntries(given.filter(([, value]) => value !== '')));
  scan.reset();
});

function nameOf(phone: Fields): string {
  const linked = phone.linked === true ? ', linked' : '';
  return `+${text(phone, 'phone')} (${text(phone, 'pushname')}${linked})`;
}

function choice(value: string, label: string): HTMLElement {
  const option = make('option', '', label);
  option.setAttribute('value', value);
  return option;
}
