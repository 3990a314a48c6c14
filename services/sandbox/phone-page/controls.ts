import { type Fields, fieldsOf, post, text } from './api.ts';
import { chosenMessage, whenChosen } from './chats.ts';
import { find, onEvent } from './dom.ts';
import { ofShownPhone, shownNumber } from './phones.ts';

const DELAYS = ['addMs', 'serverAckMs', 'deviceAckMs', 'readAckMs'];

const compose = find('compose', HTMLFormElement);
const policyForm = find('policy', HTMLFormElement);
let shownPolicy = '';

/** Shows how sends fare now, unless that is what is shown already. */
export function showPolicy(state: Fields): void {
  const policy = fieldsOf(state.policy);
  const next = JSON.stringify(policy);
  if (next === shownPolicy) return;
  shownPolicy = next;
  for (const name of ['mode', ...DELAYS]) {
    const field = policyForm.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement)
      field.value = text(policy, name);
  }
}

onEvent(policyForm, 'submit', () => {
  const values = new FormData(policyForm);
  const delays = DELAYS.map((name) => [name, Number(values.get(name))]);
  return post('/misbehave', { kind: 'policy', mode: values.get('mode'), ...Object.fromEntries(delays) });
});

onEvent(find('behave', HTMLButtonElement), 'click', () => post('/behave'));

for (const button of find('kinds', HTMLElement).querySelectorAll('button'))
  onEvent(button, 'click', () => post('/misbehave', { kind: button.dataset.kind }));

for (const button of find('on-message', HTMLElement).querySelectorAll('button'))
  onEvent(button, 'click', () => actOnMessage(button));

whenChosen((message) => {
  find('chosen', HTMLParagraphElement).textContent = text(message, 'id');
  const isContact = message.origin === 'contact';
  const row = find('on-message', HTMLElement);
  row.hidden = false;
  for (const button of row.querySelectorAll('button')) {
    const isAck = button.dataset.act === 'ack';
    button.hidden = isContact ? isAck : !isAck && button.dataset.act !== 'react';
  }
});

onEvent(compose, 'submit', async () => {
  const values = new FormData(compose);
  const body = String(values.get('body'));
  const name = String(values.get('name'));
  const file = values.get('media');
  const media = file instanceof File && file.size > 0 ? await readMedia(file, body) : undefined;
  await post('/incoming', {
    from: String(values.get('from')),
    ...ofShownPhone(),
    ...(name === '' ? {} : { name }),
    ...(media === undefined ? { body } : { media }),
  });
  find('compose', HTMLFormElement).reset();
});

async function actOnMessage(button: HTMLButtonElement): Promise<unknown> {
  const message = chosenMessage();
  if (message === undefined) throw new Error('click a message first');
  const { id } = message;
  const { act } = button.dataset;
  if (act === 'ack')
    return post('/misbehave', { kind: 'ack', id, ack: Number(button.dataset.ack), ...ofShownPhone() });
  if (act === 'revoke') return post('/misbehave', { kind: 'revoke', id, ...ofShownPhone() });
  if (act === 'react') {
    const from = text(message, 'author') || text(message, 'chat_id');
    return post('/misbehave', {
      kind: 'reaction',
      id,
      ...ofShownPhone(),
      text: '👍',
      from: from.endsWith('@g.us') ? shownNumber() : from,
    });
  }
  const body = prompt('New text', text(message, 'body'));
  return body === null ? undefined : post('/misbehave', { kind: 'edit', id, body, ...ofShownPhone() });
}

function readMedia(file: File, caption: string): Promise<object> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => {
      const data = String(reader.result).split(',')[1] ?? '';
      const mimetype = file.type === '' ? 'application/octet-stream' : file.type;
      resolve({ mimetype, data, filename: file.name, ...(caption === '' ? {} : { caption }) });
    };
    reader.readAsDataURL(file);
  });
}
