import { compileFunction } from 'node:vm';
import type { TestedPage } from '../../../services/bridge/page/compat/self-test.ts';

/** A message key as the newest page makes it, with the alias of the bridge. */
class FakeKey {
  readonly fromMe: boolean;
  readonly $1: string;
  readonly _serialized: string;
  constructor({ fromMe, remote, id }: { fromMe: boolean; remote: FakeWid; id: string }) {
    this.fromMe = fromMe;
    this.$1 = `${fromMe}_${remote._serialized}_${id}${remote === ME ? '_out' : ''}`;
    this._serialized = this.$1;
  }
  static newId = () => '3EB0';
  toString(): string {
    return this.$1;
  }
}

interface FakeWid {
  readonly _serialized: string;
}

const ME: FakeWid = { _serialized: '15550001111@c.us' };
const LID = '1@lid';

type Fields = Record<string, unknown>;

/** A window with every export that the kit asks for, as a page without any trouble has them. */
export class FakeTestedPage implements TestedPage {
  readonly modules: Fields;
  readonly window: Fields;
  quota = 1024 ** 3;
  /** Whether an event of the page arrives in Node. */
  isHeard = true;
  areCallsHeard = true;
  /** The dialogs over the page, each with what it has of buttons. */
  dialogs: readonly { readonly button: string | null }[] = [];
  #onToken: (token: string) => void = () => undefined;

  constructor(needs: readonly string[]) {
    this.modules = {};
    for (const need of needs) this.#add(need);
    const message = { id: new FakeKey({ fromMe: true, remote: ME, id: '3EB0A' }) };
    const byText = async (texts: readonly string[]) => ({
      messages: texts.map((text) => (text === message.id.$1 ? message : undefined)),
    });
    this.#set('WAWebMsgKey', FakeKey);
    this.#set('WAWebWidFactory.createWid', (text: string) => ({ _serialized: text }));
    this.#set('WAWebUserPrefsMeUser.getMaybeMePnUser', () => ME);
    this.#set('WAWebUserPrefsMeUser.getMaybeMeLidUser', () => ({ _serialized: LID }));
    this.#set('WAWebCollections.Msg.getModelsArray', () => [message]);
    this.#set('WAWebCollections.Msg.getMessagesById', byText);
    this.#set('WAWebMediaOpaqueData.createFromData', async () => ({ autorelease: () => undefined }));
    const model = { toJSON: () => ({}), set: () => undefined };
    this.#set('WAWebPrepRawMedia.prepRawMedia', () => ({ waitForPrep: async () => model }));
    this.#set('WAWebCallCollection', {
      calls: new Map(),
      on: () => undefined,
      setActiveCall: () => undefined,
      trigger: (_name: string, call: { probe?: () => void }) => {
        if (this.areCallsHeard) call.probe?.();
      },
    });
    for (const name of ['logout', 'clearCredentialsAndStoredData'])
      this.#set(
        `WAWebSocketModel.Socket.${name}`,
        Object.assign(() => undefined, { isHooked: true }),
      );
    this.#set('WAWebEventsWaitForOfflineDeliveryEnd.isOfflineDeliveryEnd', () => true);
    this.#set('WAWebShortcakeLinkingApi.getShortcakeLinkingStage', () => 'NotStarted');
    this.#set('WAWebConnModel.Conn.trigger', (_name: string, { battery }: { battery: string }) => {
      if (this.isHeard) this.#onToken(battery);
    });
    const listeners = [
      'onAddMessageEvent',
      'onMessageAckEvent',
      'onChangeMessageTypeEvent',
      'onEditMessageEvent',
      ...['onIncomingCall', 'gatehouseLogout'],
    ];
    this.window = {
      require: (name: string) => {
        if (this.modules[name] === undefined) throw new Error(`Requiring unknown module "${name}"`);
        return this.modules[name];
      },
      Debug: { VERSION: '2.3000.1' },
      WWebJS: {
        gatehouse: { isListening: true },
        gatehousePeople: () => ({ [ME._serialized]: { other: LID }, [LID]: { other: ME._serialized } }),
        getMessageModel: Object.assign(() => undefined, { isNaming: true }),
      },
      ...Object.fromEntries(listeners.map((name) => [name, () => undefined])),
    };
  }

  /** Takes an export out of the page, with all that is below it. */
  without(need: string): this {
    const [owner, field] = this.#place(need);
    delete owner[field];
    return this;
  }

  set(need: string, value: unknown): this {
    this.#set(need, value);
    return this;
  }

  async run(source: string): Promise<unknown> {
    const navigator = { storage: { estimate: async () => ({ quota: this.quota, usage: 0 }) } };
    const found = this.dialogs.map(({ button }) => ({ querySelector: () => button }));
    const document = { querySelectorAll: () => found };
    const evaluate = compileFunction(`return ${source}`, ['window', 'navigator', 'document']);
    return evaluate(this.window, navigator, document);
  }

  /** At once: nothing comes later into a page that is evaluated in this process. */
  hears(token: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#onToken = (told) => resolve(told === token);
      if (!this.isHeard) resolve(false);
    });
  }

  #add(need: string): void {
    const [path = '', type = 'function'] = need.split(':');
    this.#set(path, type === 'object' ? {} : () => undefined);
  }

  #set(need: string, value: unknown): void {
    const [owner, field] = this.#place(need);
    const before = owner[field];
    // What is below it stays.
    owner[field] = typeof value === 'function' && isFields(before) ? Object.assign(value, before) : value;
  }

  #place(need: string): [Fields, string] {
    const path = need.replace(/:.*/, '').split('.');
    const field = path.pop() ?? '';
    let owner = this.modules;
    for (const name of path) {
      if (!isFields(owner[name])) owner[name] = {};
      owner = asFields(owner[name]);
    }
    return [owner, field];
  }
}

function isFields(value: unknown): value is Fields {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

function asFields(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new Error('no object');
}
