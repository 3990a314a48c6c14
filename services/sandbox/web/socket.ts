import { Emitter } from './objects/emitter.ts';
import { randomHex } from './objects/ids.ts';
import { Model } from './objects/model.ts';
import { note } from './phone-connection.ts';

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

  /** Only tells the page's own listener (`sends/deletes.ts`). Source: `WAWebCmd` (jigger@0fbd5e1a). */
  sendRevokeMsgs(chat: unknown, record: unknown, options: unknown): void {
    this.trigger('send_revoke_msgs', chat, record, options);
  }

  sendDeleteMsgs(chat: unknown, record: unknown, clearMedia: unknown): void {
    this.trigger('send_delete_msgs', chat, record, clearMedia);
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
export { me } from './objects/ids.ts';

export function newRef(): string {
  return `2@${randomHex(16)}`;
}
