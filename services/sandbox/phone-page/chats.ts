import { type Fields, fieldsOf, get, listOf, post, text } from './api.ts';
import { find, make, onEvent } from './dom.ts';
import { atShownPhone, ofShownPhone, shownNumber } from './phones.ts';

const ACKS: Readonly<Record<string, string>> = {
  '-1': '⚠',
  0: '🕓',
  1: '✓',
  2: '✓✓',
  3: '✓✓ read',
  4: '✓✓ played',
};
/** Who writes in a group when one answers there. */
const GROUP_AUTHOR = '15559990001@c.us';
const SHOWN_COUNT = 200;

const chatList = find('chats', HTMLElement);
const messageList = find('messages', HTMLOListElement);
const reply = find('reply', HTMLFormElement);

let openId = '';
/** The phone to which the open chat belongs. */
let openOwner = '';
let chosen: Fields | undefined;
let onChoose: (message: Fields) => void = () => undefined;

export function whenChosen(listener: (message: Fields) => void): void {
  onChoose = listener;
}

/** The message that was clicked last. */
export function chosenMessage(): Fields | undefined {
  return chosen;
}

/** Shows the chats of one phone; opens the first when none is open. */
export async function showChats(): Promise<void> {
  if (openOwner !== shownNumber()) openId = '';
  openOwner = shownNumber();
  const chats = listOf(await get(atShownPhone('/chats')));
  if (openId === '') openId = text(chats[0] ?? {}, 'id');
  chatList.replaceChildren(...chats.map(chatButton));
  const name = chats.find((chat) => chat.id === openId);
  find('chat-name', HTMLHeadingElement).textContent =
    name === undefined
      ? 'No chat yet: send something, or write from a number'
      : `${text(name, 'name')} · ${openId}`;
  reply.hidden = openId === '';
  if (openId !== '') await showMessages();
}

onEvent(reply, 'submit', async () => {
  const body = String(new FormData(reply).get('body'));
  const author = openId.endsWith('@g.us') ? { author: GROUP_AUTHOR } : {};
  await post('/incoming', { from: openId, body, ...author, ...ofShownPhone() });
  reply.reset();
});

function chatButton(chat: Fields): HTMLElement {
  const unread = Number(chat.unread);
  const badge = unread > 0 ? [make('span', 'badge', String(unread))] : [];
  const name = make('span', 'name', [make('span', '', text(chat, 'name')), ...badge]);
  const button = make('button', '', [name, make('span', 'last', text(chat, 'last_text') || '…')]);
  button.setAttribute('aria-current', String(chat.id === openId));
  onEvent(button, 'click', () => {
    openId = text(chat, 'id');
    return showChats();
  });
  return button;
}

async function showMessages(): Promise<void> {
  const messages = listOf(await get(atShownPhone(`/chats/${encodeURIComponent(openId)}`))).slice(
    -SHOWN_COUNT,
  );
  const wasAtEnd = messageList.scrollHeight - messageList.scrollTop - messageList.clientHeight < 80;
  messageList.replaceChildren(...messages.map(messageItem));
  if (wasAtEnd) messageList.scrollTop = messageList.scrollHeight;
}

function messageItem(message: Fields): HTMLElement {
  const isContact = message.origin === 'contact';
  const item = make('li', isContact ? 'contact' : 'kit', [
    ...(message.author !== null && isContact ? [make('span', 'author', text(message, 'author'))] : []),
    ...(message.quoted_text === null ? [] : [make('span', 'author', `↪ ${text(message, 'quoted_text')}`)]),
    ...mediaNodes(message),
    document.createTextNode(words(message)),
    make('span', 'meta', metaOf(message, isContact)),
  ]);
  item.tabIndex = 0;
  item.setAttribute('aria-selected', String(message.id === chosen?.id));
  onEvent(item, 'click', async () => {
    chosen = message;
    onChoose(message);
    for (const other of messageList.children) other.setAttribute('aria-selected', String(other === item));
  });
  return item;
}

function words(message: Fields): string {
  const body = text(message, 'body');
  if (message.type === 'revoked') return '🚫 deleted';
  if (message.type === 'vcard') return `👤 ${text(message, 'contact')}`;
  if (message.type !== 'location') return body;
  const { latitude, longitude } = fieldsOf(message.location);
  return `📍 ${body === '' ? '' : `${body} · `}${latitude}, ${longitude}`;
}

function metaOf(message: Fields, isContact: boolean): string {
  const reactions = Object.values(fieldsOf(message.reactions)).join('');
  const state = isContact ? (message.delivered === true ? '' : 'waiting') : ACKS[text(message, 'ack')];
  const time = new Date(text(message, 'received_at')).toLocaleTimeString();
  const origin = message.origin === 'phone' ? 'typed on the phone' : '';
  return [reactions, message.edited === true ? 'edited' : '', origin, time, state]
    .filter(Boolean)
    .join(' · ');
}

function mediaNodes(message: Fields): Node[] {
  const media = fieldsOf(message.media);
  if (media.name === undefined) return [];
  const mimetype = text(media, 'mimetype');
  const label = `📎 ${text(media, 'filename') || mimetype} (${text(media, 'size')} bytes)`;
  if (!/^image\/(png|jpeg|gif|webp)$/.test(mimetype)) return [make('span', 'author', label)];
  const image = document.createElement('img');
  image.alt = label;
  const name = encodeURIComponent(text(media, 'name'));
  image.src = `/sandbox/api/media/${name}?type=${encodeURIComponent(mimetype)}`;
  return [image];
}
