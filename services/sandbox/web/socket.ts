import { Emitter } from './objects/emitter.ts';
import { randomHex, type Wid } from './objects/ids.ts';
import { Model } from './objects/model.ts';
import { type ChatModel, Msg, type MsgModel } from './objects/store.ts';
import { call, note } from './phone-connection.ts';

/** What the page does with its connection: set by `page-lifecycle.ts`, so that the modules need not know it. */
export const actions = {
  connect: async (): Promise<void> => undefined,
  logOut: async (): Promise<void> => undefined,
  refreshQr: (): void => undefined,
};

class SocketModel extends Model {
  declare state: string;
  declare hasSynced: boolean;

  async takeover(): Promise<void> {
    note('takeover');
    if (this.state === 'CONFLICT') await actions.connect();
  }

  async reconnect(): Promise<void> {
    note('reconnect');
    await actions.connect();
  }

  async logout(): Promise<void> {
    note('logout');
    await actions.logOut();
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

export const Socket = new SocketModel({ state: 'UNLAUNCHED', hasSynced: false, stream: 'DISCONNECTED' });
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

export function newRef(): string {
  return `2@${randomHex(16)}`;
}
