import { type Fields, post, text } from './api.ts';
import { find, onEvent } from './dom.ts';

const PAGE_TEXTS: Readonly<Record<string, string>> = {
  absent: 'No browser is connected.',
  starting: 'A browser is starting.',
  qr: 'The kit shows this code. Scan it to link.',
  up: 'The kit is linked and listening.',
};

const PAGE_STATES: Readonly<Record<string, string>> = {
  absent: 'no browser',
  qr: 'waiting for a scan',
  up: 'online',
};

const status = find('status', HTMLSpanElement);
const qr = find('qr', HTMLImageElement);
const camera = find('camera', HTMLElement);
const scan = find('scan', HTMLFormElement);
const unlink = find('unlink', HTMLButtonElement);
let linkedNumber = '';

/** Shows whether the phone is linked, and the code when there is one to scan. */
export function showDevice(state: Fields): void {
  const isLinked = state.linked === true;
  const page = text(state, 'page');
  const isUp = page === 'up';
  status.textContent = state.offline === true ? 'offline' : (PAGE_STATES[page] ?? page);
  status.className = `pill ${isUp ? 'good' : 'bad'}`;
  find('device-text', HTMLParagraphElement).textContent = describe(state, isLinked, page);
  const code = text(state, 'qr');
  camera.hidden = code === '';
  scan.hidden = code === '' && text(state, 'pairing_code') === '';
  unlink.hidden = !isLinked;
  linkedNumber = text(state, 'account');
  const source = `/sandbox/api/qr.svg?code=${encodeURIComponent(code.slice(0, 40))}`;
  if (code !== '' && !qr.src.endsWith(source)) qr.src = source;
  find('device-note', HTMLParagraphElement).textContent = noteOf(state);
}

onEvent(unlink, 'click', () => post('/unlink', { phone: linkedNumber }));

function describe(state: Fields, isLinked: boolean, page: string): string {
  const account = isLinked ? `+${text(state, 'phone')} (${text(state, 'pushname')}). ` : '';
  const code = text(state, 'pairing_code');
  const pairing = code === '' ? '' : ` Pairing code: ${code}.`;
  return `${account}${PAGE_TEXTS[page] ?? ''}${pairing}`;
}

function noteOf(state: Fields): string {
  const waiting = Number(state.waiting);
  const notes = [
    state.auto_link === true ? 'The phone that was linked last scans by itself, until you unlink.' : '',
    waiting > 0 ? `${waiting} message(s) wait for the kit.` : '',
  ];
  return notes.filter((note) => note !== '').join(' ');
}
