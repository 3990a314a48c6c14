import { StreamModel } from './life/stream.ts';
import { Emitter } from './objects/emitter.ts';
import { randomHex, type Wid } from './objects/ids.ts';
import { Model } from './objects/model.ts';
import { type ChatModel, Msg, type MsgModel } from './objects/store.ts';
import { call, note } from './phone-connection.ts';

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

  async sendRevokeMsgs(_chat: ChatModel, { list }: { list: readonly MsgModel[] }): Promise<void> {
    for (const msg of list) {
      await call('revoke', { id: String(msg.id) });
      msg.set({ type: 'revoked', body: undefined });
    }
  }

  async sendDeleteMsgs(chat: ChatModel, { list }: { list: readonly MsgModel[] }): Promise<void> {
    for (const msg of list) {
      chat.msgs.remove(msg.id);
      Msg.remove(msg.id);
    }
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

/** Who is logged in here. */
export const me: { pn: Wid | undefined; lid: Wid | undefined; offlineProgress: number } = {
  pn: undefined,
  lid: undefined,
  offlineProgress: 0,
};

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
