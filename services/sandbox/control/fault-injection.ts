import { errorText, KitError } from '../../contract/errors.ts';
import type { Account } from '../phone/account.ts';
import { composeFromDevice, composeFromPhone, composeIncoming } from '../phone/compose-messages.ts';
import type { Command } from '../phone/connected-pages.ts';
import type { PhoneMessage } from '../phone/journal-records.ts';
import type { Phone } from '../phone/phone.ts';
import { idOf, phoneNumberOf, randomHex } from '../phone/whatsapp-ids.ts';
import { LOGOUT_REASONS } from '../web/logout-reasons.ts';
import { accountNamed } from './account-named.ts';
import type { Fault } from './request-schemas.ts';

/** Does to the kit what WhatsApp, a phone or its owner may do; gives what there is to tell of it. */
export async function injectFault(phone: Phone, fault: Fault): Promise<object> {
  // A fault of an account names its phone, or means the current one.
  const account = accountNamed(phone, 'phone' in fault ? fault.phone : undefined);
  switch (fault.kind) {
    case 'policy': {
      const { kind: _kind, hiddenNumbers, ...policy } = fault;
      const hidden = {
        hiddenNumbers: hiddenNumbers?.map((number) => phoneNumberOf('hiddenNumbers', number)),
      };
      phone.policy = { ...phone.policy, ...definedOf({ ...policy, ...hidden }) };
      await askIfThere(phone, { cmd: 'policy', policy: phone.policy });
      phone.changed();
      return { policy: phone.policy };
    }
    case 'settings': {
      const { kind: _kind, numberChats, ...settings } = fault;
      const kept = { numberChats: numberChats?.map((number) => phoneNumberOf('numberChats', number)) };
      phone.settings = { ...phone.settings, ...definedOf({ ...settings, ...kept }) };
      phone.changed();
      return { settings: phone.settings, applies: 'from the next load of the page' };
    }
    case 'offline':
      phone.isOffline = true;
      await askIfThere(phone, { cmd: 'offline' });
      phone.changed();
      return {};
    case 'online':
      goOnline(phone);
      return {};
    case 'reload':
      pageOf(phone).push({ cmd: 'reload' });
      return {};
    case 'conflict':
      // Not asked: the page that is taken over goes away, and often before it has answered.
      pageOf(phone).push({ cmd: 'conflict' });
      return {};
    case 'replaced':
      pageOf(phone).push({ cmd: 'replaced' });
      return {};
    case 'selfLogout':
      // Not asked: the page leaves.
      pageOf(phone).push({ cmd: 'selfLogout', reason: LOGOUT_REASONS[fault.reason] });
      return {};
    case 'upgrade': {
      const { kind: _kind, ...version } = fault;
      phone.settings = { ...phone.settings, ...definedOf(version) };
      pageOf(phone).push({ cmd: 'reload' });
      phone.changed();
      return { settings: phone.settings };
    }
    case 'without':
      await pageOf(phone).ask({ cmd: 'without', exports: fault.exports });
      return {};
    case 'load':
    case 'restore':
      await pageOf(phone).ask({ cmd: fault.kind });
      return {};
    case 'break':
    case 'repair':
      await pageOf(phone).ask({ cmd: 'break', isBroken: fault.kind === 'break' });
      return {};
    case 'rotate':
      await pageOf(phone).ask({ cmd: 'rotate' });
      return {};
    case 'state':
      await pageOf(phone).ask({ cmd: 'state', state: fault.state });
      return {};
    case 'setUnregistered':
      phone.unregistered = fault.numbers.map((number) => idOf('numbers', number));
      phone.changed();
      return { numbers: phone.unregistered };
    case 'fromPhone': {
      const message = composeFromPhone(fault.to, fault.body, account);
      account.keep(message);
      return { id: message.id };
    }
    case 'fromDevice': {
      const message = composeFromDevice(fault.to, fault.body, fault.key, account);
      // The page hears of a key that it has a second time. Source: `DuplicateMessageError` in `WAWebHandleSingleMsg`.
      if (account.state.messages.has(message.id)) account.tell({ cmd: 'incoming', messages: [message] });
      else account.keep(message);
      return { id: message.id };
    }
    case 'readElsewhere': {
      const chat_id = idOf('chat_id', fault.chat_id);
      account.write({ kind: 'seen', chat_id }, chat_id);
      account.tell({ cmd: 'read', chat_id });
      return {};
    }
    case 'ack':
      account.acknowledge(messageOf(account, fault.id).id, fault.ack);
      return {};
    case 'edit':
    case 'revoke':
      change(account, messageOf(account, fault.id), fault.kind === 'edit' ? fault.body : undefined);
      return {};
    case 'ciphertext':
      return sendCiphertext(phone, account, fault);
    case 'reaction': {
      const { id, chat_id } = messageOf(account, fault.id);
      const from = idOf('from', fault.from);
      account.write({ kind: 'reaction', id, from, text: fault.text }, chat_id);
      account.tell({ cmd: 'reaction', id, from, text: fault.text });
      return {};
    }
    case 'vote':
      messageOf(account, fault.id);
      account.tell({ cmd: 'vote', id: fault.id, options: fault.options, from: idOf('from', fault.from) });
      return {};
    case 'call':
      account.tell({ ...fault, cmd: 'call', from: idOf('from', fault.from) });
      return {};
  }
}

/** Ends all misbehaviour. */
export function clearFaults(phone: Phone): void {
  if (phone.isOffline) goOnline(phone);
  phone.clearFaults();
}

function goOnline(phone: Phone): void {
  phone.isOffline = false;
  phone.changed();
}

function change(account: Account, { id, chat_id }: PhoneMessage, body: string | undefined): void {
  const key = `3A${randomHex(9)}`;
  account.write(body === undefined ? { kind: 'revoked', id, key } : { kind: 'edited', id, body }, chat_id);
  account.tell(body === undefined ? { cmd: 'revoke', id, key } : { cmd: 'edit', id, body });
}

function sendCiphertext(
  phone: Phone,
  account: Account,
  fault: { from: string; body: string; resolveMs?: number | undefined },
): object {
  const message = composeIncoming({ from: fault.from, type: 'ciphertext' }, account);
  account.keep(message);
  if (fault.resolveMs !== undefined) {
    const decrypt = () => {
      account.write({ kind: 'decrypted', id: message.id, body: fault.body }, message.chat_id);
      account.tell({ cmd: 'decrypted', message: { ...message, type: 'chat', body: fault.body } });
    };
    setTimeout(() => phone.isOpen && decrypt(), fault.resolveMs).unref();
  }
  return { id: message.id };
}

/**
 * For what a page that comes later learns anyway: that this one went away in the meantime is no failure. All pages are told,
 * and the latest is waited for.
 */
async function askIfThere(phone: Phone, command: Command): Promise<void> {
  const { current, all } = phone.pages;
  for (const page of all) if (page !== current) page.push(command);
  try {
    await phone.pages.current?.ask(command);
  } catch (error) {
    phone.options.log.debug(`not told to the page: ${errorText(error)}`);
  }
}

function pageOf(phone: Phone) {
  const page = phone.pages.current;
  if (page === undefined) throw new KitError('whatsapp_not_ready', 'no page is connected');
  return page;
}

function messageOf(account: Account, id: string): PhoneMessage {
  const message = account.state.messages.get(id);
  if (message === undefined)
    throw new KitError('not_found', `the phone +${account.number} has no message ${id}`);
  return message;
}

function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  Object.assign(kept, Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
  return kept;
}
