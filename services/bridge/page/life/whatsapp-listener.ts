import { type InboundEvent, listenForEvents } from '../inbound-events.ts';
import type { LibraryClient } from '../library.ts';
import type { Logout } from './logout.ts';

/** What the bridge hears of one WhatsApp Web. */
export interface WhatsAppListener {
  qr(code: string): void;
  pairingCode(code: string): void;
  /** A login is being restored or made: any sign of progress. */
  progress(what: string): void;
  ready(): void;
  /** The connection's state changed after ready: CONNECTED, OPENING, PAIRING, CONFLICT, … */
  connection(state: string): void;
  /** The library has given up: LOGOUT, CONFLICT, UNPAIRED, …; `logout` is what the page said of a logout. */
  disconnected(reason: string, logout: Logout): void;
  /** The browser or its page is dead. */
  died(reason: string): void;
  navigated(): void;
  pageError(text: string): void;
  /** The library could not attach its listeners: nothing that comes into this page is heard. */
  listenersFailed(error: unknown): void;
  inbound(event: InboundEvent): void;
}

/** Passes on what the library announces; `logout` is asked when it has given up. */
export function listen(client: LibraryClient, listener: WhatsAppListener, logout: () => Logout): void {
  client.on('qr', (code) => listener.qr(code));
  client.on('code', (code) => listener.pairingCode(code));
  client.on('loading_screen', (percent) => listener.progress(`syncing ${percent} %`));
  client.on('authenticated', () => listener.progress('logged in'));
  client.on('ready', () => listener.ready());
  client.on('change_state', (state) => listener.connection(String(state)));
  client.on('disconnected', (reason) => listener.disconnected(String(reason), logout()));
  client.on('auth_failure', (text) => listener.disconnected(`auth_failure: ${text}`, logout()));
  listenForEvents(client, (event) => listener.inbound(event));
}
