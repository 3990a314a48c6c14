import { StreamModel } from './life/stream.ts';
import { Emitter } from './objects/emitter.ts';
import { me, randomHex } from './objects/ids.ts';
import { Model } from './objects/model.ts';
import { note } from './phone-connection.ts';

/** What the page does with its connection: set by `page-lifecycle.ts`, so that the modules need not know it. */
export const actions = {
  reconnect: (): void => undefined,
  logOut: (_reason: string): void => undefined,
  refreshQr: (): void => undefined,
};

class SocketModel extends Model {
  /** One of SOCKET_STATE of `WAWebSocketConstants` (jigger@0fbd5e1a). */
  declare state: string;
  /** DISCONNECTED or CONNECTED. No code of the real page sets SYNCING or RESUMING (jigger@0fbd5e1a). */
  declare stream: string;
  declare hasSynced: boolean | undefined;

  /** Nothing of the real page overrides it. Source: `WAWebSocketModel` (jigger@0fbd5e1a). */
  takeover(): void {
    throw new Error('Takeover called without conflict!');
  }

  reconnect(): void {
    note('reconnect');
    actions.reconnect();
  }

  logout(reason = 'user_initiated'): void {
    note('logout', reason);
    actions.logOut(reason);
  }
}

class ConnModel extends Model {
  declare ref: string | undefined;
}

class CmdBus extends Emitter {
  refreshQR(): void {
    note('refreshQR');
    actions.refreshQr();
  }

  /** Only tells the page's own listener (`sends/deletes.ts`). Source: `WAWebCmd` (jigger@0fbd5e1a). */
  sendRevokeMsgs(chat: unknown, record: unknown, options: unknown): void {
    this.trigger('send_revoke_msgs', chat, record, options);
  }

  sendDeleteMsgs(chat: unknown, record: unknown, clearMedia: unknown): void {
    this.trigger('send_delete_msgs', chat, record, clearMedia);
  }
}

export const Socket = new SocketModel({ state: 'UNLAUNCHED', stream: 'DISCONNECTED', hasSynced: undefined });
export const Stream = new StreamModel({
  info: 'NORMAL',
  mode: 'SYNCING',
  obscurity: 'HIDE',
  available: false,
  phoneAuthed: false,
});
export const Conn = new ConnModel({
  ref: undefined,
  pushname: undefined,
  platform: undefined,
  wid: undefined,
});
export const Cmd = new CmdBus();
export { me } from './objects/ids.ts';

/** Whether the page has a login. */
export function isRegistered(): boolean {
  return me.pn !== undefined;
}

export function newRef(): string {
  return `2@${randomHex(16)}`;
}

Socket.on('change:state change:stream change:hasSynced', () =>
  Stream.follow({
    state: Socket.state,
    stream: Socket.stream,
    hasSynced: Socket.hasSynced,
    isRegistered: isRegistered(),
  }),
);
