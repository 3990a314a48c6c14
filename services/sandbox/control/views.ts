import type { Account } from '../phone/account.ts';
import type { PhoneMessage } from '../phone/journal-records.ts';
import type { Phone } from '../phone/phone.ts';
import { type Fields, isRecord } from '../web/wire.ts';

// What the HTTP control shows of the phone: snake_case, as in the rest of the kit's API.

/** The state of the sandbox, and of one account in it. */
export function viewState(phone: Phone, account: Account): object {
  const { state, audience } = account;
  const page = account === phone.account ? phone.pages.current : phone.pageOf(account);
  const [device] = [...state.devices.values()].slice(-1);
  const stages = { absent: page === undefined, qr: page?.qr !== undefined, up: audience !== undefined };
  const stage = stages.absent ? 'absent' : stages.up ? 'up' : stages.qr ? 'qr' : 'starting';
  return {
    linked: device !== undefined,
    phone: device?.pn.split('@')[0] ?? null,
    pushname: device?.pushname ?? null,
    account: account.number,
    phones: phone.accounts.all.map((other) => viewPhone(other, other === phone.account)),
    page: stage,
    socket_state: page?.socketState ?? null,
    stream: page?.stream ?? null,
    dialog_open: page?.isDialogOpen ?? false,
    qr: page?.qr?.text ?? null,
    pairing_code: page?.pairingCode ?? null,
    passkey_code: phone.links.passkeyCode ?? null,
    auto_link: phone.links.mayAutoLink,
    offline: phone.isOffline,
    ...countsOf(account),
    policy: phone.policy,
    settings: phone.settings,
    unregistered: phone.unregistered,
    read_of_status: phone.links.statusReadCount,
    unknown_modules: [...phone.unknownModules],
  };
}

function viewPhone(account: Account, isCurrent: boolean): object {
  const { number, isLinked, state } = account;
  return {
    phone: number,
    lid: state.lid,
    pushname: state.pushname,
    linked: isLinked,
    current: isCurrent,
    ...countsOf(account),
  };
}

function countsOf({ state, delivery }: Account): object {
  return {
    waiting: delivery.waitingCount,
    messages: state.messages.size,
    duplicates: [...state.messages.values()].reduce((sum, { deliveries = 1 }) => sum + deliveries - 1, 0),
    refused: [...state.refused],
  };
}

/** What the server took from the kit, in order: of one account, or of all. */
export function viewReceived(
  phone: Phone,
  wanted: { readonly account?: Account | undefined; readonly chatId?: string | undefined },
): object[] {
  return phone.received
    .filter(({ account }) => wanted.account === undefined || account === wanted.account)
    .flatMap(({ account, id }) => account.state.find([id]).map((message) => ({ account, message })))
    .filter(({ message }) => wanted.chatId === undefined || message.chat_id === wanted.chatId)
    .map(({ account, message }) => ({ ...viewMessage(message), phone: account.number }));
}

export function viewChats({ state }: Account): object[] {
  return state.chats
    .map((chat) => {
      const last = state.messages.get(chat.message_ids.at(-1) ?? '');
      return {
        id: chat.id,
        name: chat.name,
        unread: chat.unread,
        last_text: last === undefined ? '' : textOf(last),
        last_at: last?.received_at ?? '',
      };
    })
    .sort((left, right) => right.last_at.localeCompare(left.last_at));
}

export function viewMessage(message: PhoneMessage) {
  const { details } = message;
  return {
    id: message.id,
    chat_id: message.chat_id,
    body: textOf(message),
    type: message.type,
    origin: message.origin,
    adds: message.adds?.length ?? 0,
    deliveries: message.deliveries ?? 1,
    author: message.author ?? null,
    ack: message.ack,
    delivered: message.delivered,
    edited: message.edited === true,
    reactions: message.reactions ?? {},
    quoted: textIn(details, 'quotedStanzaID'),
    quoted_text: isRecord(details.quotedMsg) ? textIn(details.quotedMsg, 'body') : null,
    mentions: Array.isArray(details.mentionedJidList) ? details.mentionedJidList : [],
    location:
      message.type === 'location'
        ? { latitude: details.lat, longitude: details.lng, name: details.loc }
        : null,
    contact: message.type === 'vcard' ? textIn(details, 'vcardFormattedName') : null,
    media:
      typeof details.directPath === 'string'
        ? {
            mimetype: String(details.mimetype),
            filename: textIn(details, 'filename'),
            size: details.size,
            name: details.directPath.split('/').at(-1),
          }
        : null,
    received_at: message.received_at,
  };
}

function textIn(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' ? value : null;
}

/** The text of a message: for media its caption, for a poll its question, for a location its name. */
function textOf(message: PhoneMessage): string {
  const { caption, pollName, loc } = message.details;
  const texts = [message.body, caption, pollName, loc];
  return String(texts.find((text) => typeof text === 'string' && text !== '') ?? '');
}
