import { lidPnCache } from '../people/lid-pn-cache.ts';
import { current } from '../settings.ts';
import type { Handler } from './emitter.ts';
import { createWid, MsgKey, type Wid } from './ids.ts';
import { Collection, Model } from './model.ts';

/** Attributes that are of the page alone: handles on data, not data. */
const NOT_DATA = ['mediaBlob', 'mediaObject', 'mediaData', 'chat', 'renderableUrl'];

type MessageActions = { resumeUpload: (msg: MsgModel) => Promise<string | undefined> };
/** What messages do through the connection: set by the part that sends. */
export const messageActions: MessageActions = { resumeUpload: async () => undefined };

export class MsgModel extends Model {
  declare id: MsgKey;
  declare type: string;
  declare body: string | undefined;
  declare caption: string | undefined;
  declare ack: number;
  declare t: number;
  declare from: Wid | undefined;
  declare author: Wid | undefined;
  declare notifyName: string | undefined;
  declare isNewMsg: boolean | undefined;
  declare isSendFailure: boolean | undefined;
  declare latestEditMsgKey: MsgKey | undefined;
  isEphemeral = false;
  isStatusV3 = false;
  mediaData = { mediaStage: 'RESOLVED' };

  /**
   * Refuses attributes that have overwritten the id, in the words of the real page: each getter of a message is memoized
   * by it. Source: wwebjs#201921.
   */
  constructor(attributes: object) {
    super(attributes);
    if (!(this.id instanceof MsgKey))
      throw new Error(
        `Data passed to getter must include an id property (it's how we memoize) but got ${this.id}`,
      );
  }

  unsafe(): this {
    return this;
  }

  canReply(): boolean {
    return true;
  }

  msgContextInfo(): object {
    return {
      quotedMsg: { body: this.body, type: this.type },
      quotedStanzaID: this.id.id,
      quotedParticipant: this.author ?? this.from,
    };
  }

  resumeUpload(): Promise<string | undefined> {
    return messageActions.resumeUpload(this);
  }

  async downloadMedia(): Promise<void> {
    this.mediaData.mediaStage = 'RESOLVED';
  }

  override serialize(): Record<string, unknown> {
    const plain = super.serialize();
    for (const name of NOT_DATA) delete plain[name];
    return plain;
  }
}

export class ChatModel extends Model {
  declare id: Wid;
  declare unreadCount: number;
  declare t: number;
  declare groupMetadata: GroupModel | undefined;
  readonly msgs = new Collection(MsgModel);

  override serialize(): Record<string, unknown> {
    return { ...super.serialize(), msgs: this.msgs.getModelsArray().map((msg) => String(msg.id)) };
  }
}

export class ContactModel extends Model {
  declare id: Wid;
  declare name: string | undefined;
  declare pushname: string | undefined;
  /** Of a contact that is kept under its LID. */
  declare phoneNumber: Wid | undefined;
}

class ParticipantModel extends Model {
  declare id: Wid;
}

class GroupModel extends Model {
  readonly participants = new Collection(ParticipantModel);

  override serialize(): Record<string, unknown> {
    return { ...super.serialize(), participants: this.participants.serialize() };
  }
}

class ContactCollection extends Collection<ContactModel> {
  override async find(id: unknown): Promise<ContactModel> {
    return addContact(createWid(id));
  }
}

class BlocklistCollection extends Collection<Model> {
  /** Under the policy `blocked` everybody is. */
  override get(id: unknown): Model | undefined {
    return current.policy.mode === 'blocked' ? new Model({ id }) : super.get(id);
  }
}

class BusinessProfileCollection extends Collection<Model> {
  override async find(): Promise<Model> {
    return new Model();
  }
}

export type LoadMessages = (ids: readonly string[]) => Promise<readonly MsgModel[]>;

class MsgCollection extends Collection<MsgModel> {
  override on(names: string, handler: Handler): this {
    const deaf = names.split(' ').find((name) => current.settings.deaf.includes(name));
    if (deaf !== undefined) throw new Error(`stand-in: nobody may listen to ${deaf}`);
    return super.on(names, handler);
  }

  override getModelsArray(): MsgModel[] {
    if (this.isBroken) throw new Error('stand-in: the messages cannot be read');
    return super.getModelsArray();
  }

  /** A page that has changed so that its messages cannot be listed. */
  isBroken = false;

  /** Fetches what is not held: set by the part that talks to the phone. */
  load: LoadMessages = async () => [];

  /** Reads its database, which takes texts for keys and nothing else. Source: wwebjs#201830, wwebjs#201848. */
  async getMessagesById(ids: readonly unknown[]): Promise<{ messages: MsgModel[] }> {
    const texts = ids.filter((id) => typeof id === 'string');
    if (texts.length < ids.length)
      throw new DOMException(
        "Failed to execute 'get' on 'IDBObjectStore': No key or key range specified.",
        'DataError',
      );
    return this.#find(texts);
  }

  async #find(ids: readonly string[]): Promise<{ messages: MsgModel[] }> {
    const missing = ids.filter((id) => this.get(id) === undefined);
    if (missing.length > 0) await this.load(missing);
    return { messages: ids.map((id) => this.get(id)).filter((msg) => msg !== undefined) };
  }

  async search(query: string): Promise<{ messages: MsgModel[] }> {
    return { messages: this.getModelsArray().filter((msg) => msg.body?.includes(query)) };
  }
}

export const Msg = new MsgCollection(MsgModel);
export const Chat = new Collection(ChatModel);
export const Contact = new ContactCollection(ContactModel);
export const GroupMetadata = new Collection(GroupModel);
export const WAWebNewsletterCollection = new Collection(ChatModel);
export const Blocklist = new BlocklistCollection(Model);
export const Label = new Collection(Model);
export const BusinessProfile = new BusinessProfileCollection(Model);

export function addContact(id: Wid, name?: string): ContactModel {
  const known = Contact.get(id);
  const phoneNumber = id.isLid() ? lidPnCache.getPhoneNumber(id) : undefined;
  if (known === undefined)
    return Contact.add({
      id,
      name,
      pushname: name,
      type: 'in',
      isContactBlocked: false,
      ...(id.isLid() ? { phoneNumber } : {}),
    });
  if (phoneNumber !== undefined) known.set({ phoneNumber });
  if (name !== undefined && known.pushname !== name) known.set({ name, pushname: name });
  return known;
}

/** The chat of an id, if there is one. Channels are in a collection of their own. */
export function findChat(id: Wid): ChatModel | undefined {
  return collectionOf(id).get(id);
}

export function ensureChat(id: Wid, name?: string): ChatModel {
  const known = findChat(id);
  if (known !== undefined) return known;
  const number = id.isLid() ? lidPnCache.getPhoneNumber(id) : id;
  return collectionOf(id).add({
    id,
    name,
    formattedTitle: name ?? (id.isGroup() ? 'Group' : `+${(number ?? id).user}`),
    unreadCount: 0,
    t: 0,
    archive: false,
    pin: undefined,
    isLocked: false,
    isReadOnly: false,
    muteExpiration: 0,
    mute: { expiration: 0 },
    lastReceivedKey: undefined,
    ...(id.isGroup() ? { groupMetadata: addGroup(id, name) } : {}),
  });
}

export function joinGroup(chat: ChatModel, user: Wid): void {
  const participants = chat.groupMetadata?.participants;
  if (participants?.get(user) === undefined)
    participants?.add({ id: user, isAdmin: false, isSuperAdmin: false });
}

/** Source: `WAWebChatGetExistingBridge` (jigger@0fbd5e1a). */
function collectionOf(id: Wid): Collection<ChatModel> {
  return id.isNewsletter() ? WAWebNewsletterCollection : Chat;
}

function addGroup(id: Wid, name: string | undefined): GroupModel {
  return GroupMetadata.add({
    id,
    subject: name ?? 'Group',
    creation: 0,
    announce: false,
    isLidAddressingMode: current.settings.lidChats,
  });
}
