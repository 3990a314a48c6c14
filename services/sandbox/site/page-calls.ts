import { z } from 'zod';
import { errorText, KitError } from '../../contract/errors.ts';
import type { Account } from '../phone/account.ts';
import { STATUS } from '../phone/broadcasts.ts';
import type { Page } from '../phone/connected-pages.ts';
import { findShown, readHistory } from '../phone/history.ts';
import { type PhoneRecord, wireMessage } from '../phone/journal-records.ts';
import type { Phone } from '../phone/phone.ts';
import { answerUsync } from '../phone/usync.ts';
import { phoneNumberOf, randomHex } from '../phone/whatsapp-ids.ts';

/** Gives what the page is answered, nothing being an empty object. */
type PageCall = (phone: Phone, page: Page, body: unknown) => unknown;

const MAX_NOTES = 500;

/** What the page may call, by name: POST /stand-in/<name>. */
export const pageCalls: ReadonlyMap<string, PageCall> = new Map<string, PageCall>([
  define('hello', { device_id: z.string().nullable() }, (phone, page, { device_id }) =>
    phone.isOffline ? { offline: true } : phone.greet(page, device_id ?? undefined),
  ),
  define('state', { state: z.string(), stream: z.string() }, (phone, page, { state, stream }) => {
    page.socketState = state;
    page.stream = stream;
    if (state !== 'CONNECTED' || stream !== 'CONNECTED') page.isUp = false;
    if (state !== 'UNPAIRED') page.qr = undefined;
    phone.changed();
  }),
  define('qr', { qr: z.string() }, (phone, page, { qr }) => phone.links.codeShown(page, qr)),
  define('dialog', { open: z.boolean() }, (phone, page, { open }) => {
    page.isDialogOpen = open;
    phone.changed();
  }),
  define('code', { phone: z.string() }, (phone, page, { phone: number }) => {
    page.pairingCode = randomHex(4);
    page.pairingNumber = phoneNumberOf('phone', number);
    phone.changed();
    phone.links.linkSoon();
    return { code: page.pairingCode };
  }),
  define('passkeyOptions', {}, (phone) => ({ options: phone.links.passkeys.newOptions() })),
  define('passkey', { assertion: z.string().max(64 * 1024) }, (phone, page, { assertion }) =>
    phone.links.passkeyProven(page, assertion),
  ),
  define('passkeyConfirmed', {}, (phone, page) => {
    phone.links
      .passkeyConfirmed(page)
      .catch((error) => phone.options.log.warn(`the page could not be linked: ${errorText(error)}`));
  }),
  define('up', {}, (phone, page) => {
    accountOf(phone, page);
    phone.welcome(page);
  }),
  define('send', { messages: z.array(wireMessage) }, (phone, page, { messages }) => {
    checkOnline(phone);
    const account = accountOf(phone, page);
    return {
      results: messages.map((message) => ({ id: message.id, state: account.receive(message, page) })),
    };
  }),
  define('delivered', { ids: z.array(z.string()) }, (phone, page, { ids }) =>
    accountOf(phone, page).delivered(ids),
  ),
  define('heard', { seq: z.number() }, (phone, page, { seq }) => accountOf(phone, page).delivery.heard(seq)),
  define('seen', { chat_id: z.string() }, (phone, page, { chat_id }) =>
    accountOf(phone, page).write({ kind: 'seen', chat_id }, chat_id),
  ),
  define('edit', { id: z.string(), body: z.string() }, (phone, page, { id, body }) => {
    checkOnline(phone);
    changeMessage(accountOf(phone, page), { kind: 'edited', id, body });
  }),
  define('revoke', { id: z.string(), key: z.string() }, (phone, page, { id, key }) => {
    checkOnline(phone);
    changeMessage(accountOf(phone, page), { kind: 'revoked', id, key });
  }),
  define('reaction', { id: z.string(), text: z.string() }, (phone, page, { id, text }) => {
    const account = accountOf(phone, page);
    changeMessage(account, { kind: 'reaction', id, from: account.state.pn, text });
  }),
  define('unlink', { device_id: z.string().nullable() }, (phone, _page, { device_id }) => {
    if (device_id !== null) phone.links.unlinkByPage(device_id);
  }),
  define(
    'history',
    {
      count: z.number().int().positive(),
      chat_id: z.string().optional(),
      before: z.number().nullable().optional(),
      held: z.array(z.string()).optional(),
    },
    (phone, page, wanted) => {
      if (wanted.chat_id === STATUS) phone.links.statusRead(page);
      return readHistory(accountOf(phone, page), wanted);
    },
  ),
  define('usync', { id: z.string(), by: z.string() }, (phone, _page, lookup) => {
    if (phone.isOffline) throw new KitError('whatsapp_not_ready', 'WhatsApp is offline');
    return answerUsync(phone, lookup);
  }),
  define('messages', { ids: z.array(z.string()) }, (phone, page, { ids }) => ({
    messages: findShown(accountOf(phone, page), ids),
  })),
  define('note', { what: z.string(), data: z.string() }, (phone, _page, { what, data }) => {
    phone.options.log.debug(`page: ${what} ${data}`);
    if (what === 'unknown module' && phone.unknownModules.size < MAX_NOTES) phone.unknownModules.add(data);
  }),
  define(
    'reply',
    { n: z.number(), error: z.string().optional(), value: z.unknown().optional() },
    (_phone, page, { n, error }) => page.answered(n, error),
  ),
]);

function define<Shape extends z.ZodRawShape>(
  name: string,
  shape: Shape,
  act: (phone: Phone, page: Page, body: z.infer<z.ZodObject<Shape>>) => unknown,
): [string, PageCall] {
  const schema = z.object(shape);
  return [name, (phone, page, body) => act(phone, page, schema.parse(body))];
}

function checkOnline(phone: Phone): void {
  if (phone.isOffline) throw new KitError('whatsapp_not_ready', 'WhatsApp is offline');
}

/** The account that the page is linked to: the server hears nothing else of a page, and tells it nothing of another account. */
function accountOf(phone: Phone, page: Page): Account {
  const account = phone.accounts.withDevice(page.deviceId ?? '');
  if (account === undefined) throw new KitError('whatsapp_not_ready', 'the page is linked to no phone');
  return account;
}

function changeMessage(account: Account, record: Extract<PhoneRecord, { id: string }>): void {
  account.write(record, account.state.messages.get(record.id)?.chat_id);
}
