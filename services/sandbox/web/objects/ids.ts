import { isSince } from '../settings.ts';
import { isRecord } from '../wire.ts';

/**
 * The id of a user, a group or a channel: plain fields, with the methods on the prototype only.
 * Source: `WAWebWid` (jigger@0fbd5e1a).
 */
export class Wid {
  readonly server: string;
  readonly user: string;
  readonly _serialized: string;
  declare readonly device?: number;

  constructor(text: string) {
    const { user, device, server } = partsOf(text);
    this.user = user;
    this.server = server;
    if (device > 0) this.device = device;
    this._serialized = `${user}${device > 0 ? `:${device}` : ''}@${server}`;
  }

  equals(other: unknown): boolean {
    return other instanceof Wid && other._serialized === this._serialized;
  }
  isLid(): boolean {
    return this.server === 'lid';
  }
  isGroup(): boolean {
    return this.server === 'g.us';
  }
  isUser(): boolean {
    return this.server === 'c.us' || this.server === 'lid';
  }
  isPSA(): boolean {
    return this._serialized === '0@c.us';
  }
  isBot(): boolean {
    return this.server === 'c.us' && /^1313555\d{4}$|^131655500\d{2}$/.test(this.user);
  }
  isRegularUser(): boolean {
    return this.isUser() && !this.isPSA() && !this.isBot();
  }
  isRegularUserPn(): boolean {
    return this.isRegularUser() && !this.isLid();
  }
  isStatus(): boolean {
    return this._serialized === 'status@broadcast';
  }
  isBroadcast(): boolean {
    return this.server === 'broadcast';
  }
  isBroadcastList(): boolean {
    return this.isBroadcast() && !this.isStatus();
  }
  isNewsletter(): boolean {
    return this.server === 'newsletter';
  }
  toString(): string {
    return this._serialized;
  }
  toLogString(): string {
    return this._serialized;
  }
  toJSON(): string {
    return this._serialized;
  }
  toJid(): string {
    return this._serialized.replace('@c.us', '@s.whatsapp.net');
  }
}

/** What may stand before the @, by server. Source: `WAWebWidValidator` (jigger@0fbd5e1a). */
const USERS: Readonly<Record<string, RegExp>> = {
  'c.us': /^(0|(?!10)[1-9]\d{4,19})(?:\.0)?(?::(\d{1,2}))?$/,
  lid: /^([1-9]\d{0,14})(?:\.0)?(?::(\d{1,2}))?$/,
  'g.us': /^((?!10)[1-9]\d{4,19}-[1-9]\d{9}|[1-9]\d{0,19})$/,
  broadcast: /^([1-9]\d{0,19}|status|location|chat)$/i,
  newsletter: /^([1-9]\d{0,19})$/,
};

function partsOf(text: string): { user: string; device: number; server: string } {
  const at = text.lastIndexOf('@');
  const server = text.slice(at + 1).replace('s.whatsapp.net', 'c.us');
  const [, user, device = '0'] = USERS[server]?.exec(text.slice(0, at)) ?? [];
  if (user === undefined) throw new Error('wid error: invalid wid');
  return { user, device: Number(device), server };
}

const created = new Map<string, Wid>();

/** The Wid of a text, one for each text. Throws for anything else. Source: `WAWebWidFactory` (jigger@0fbd5e1a). */
export function createWid(value: unknown): Wid {
  if (value instanceof Wid) return value;
  if (typeof value !== 'string') throw new Error(`createWid: expected string, got ${typeof value}`);
  const text = value.replace('@s.whatsapp.net', '@c.us');
  const wid = created.get(text) ?? new Wid(text);
  created.set(text, wid);
  return wid;
}

export function createWidFromWidLike(value: unknown): Wid {
  return createWid(isRecord(value) ? value._serialized : value);
}

/** Without the device. */
export function asUserWidOrThrow(wid: Wid): Wid {
  if (!wid.isUser()) throw new Error('asUserWidOrThrow: wid is not a user wid');
  return wid.device === undefined ? wid : createWid(`${wid.user}@${wid.server}`);
}

/** Who is logged in here. */
export const me: { pn: Wid | undefined; lid: Wid | undefined; offlineProgress: number } = {
  pn: undefined,
  lid: undefined,
  offlineProgress: 0,
};

export function isMe(wid: Wid): boolean {
  return [me.pn, me.lid].some((own) => own?._serialized === wid._serialized);
}

interface MsgKeyParts {
  readonly id: string;
  readonly from?: Wid | undefined;
  readonly to?: Wid | undefined;
  readonly remote?: Wid | undefined;
  readonly participant?: Wid | undefined;
  readonly selfDir?: string | undefined;
  readonly fromMe?: boolean | undefined;
}

/**
 * The id of a message. Its text is cached in an own property, whose name depends on the edition; `toString()` returns it.
 * In the chat with oneself it also tells the direction: `self` is `out` or `in`. Source: `WAWebMsgKey` (jigger@0fbd5e1a).
 */
export class MsgKey {
  declare readonly self?: string;
  declare readonly participant?: Wid;
  declare readonly _serialized: string;
  declare readonly $1: string;
  readonly fromMe: boolean;
  readonly remote: Wid;
  readonly id: string;

  constructor(parts: MsgKeyParts) {
    this.fromMe = parts.fromMe ?? parts.selfDir === 'out';
    const remote = parts.remote ?? (this.fromMe ? parts.to : parts.from);
    if (remote === undefined) throw new Error('msg key error: no remote');
    this.remote = remote;
    this.id = parts.id;
    let serialized = `${this.fromMe}_${remote._serialized}_${parts.id}`;
    const self = selfOf(parts);
    if (self !== undefined) {
      this.self = self;
      serialized += `_${self}`;
    }
    if (parts.participant !== undefined) {
      this.participant = parts.participant;
      serialized += `_${parts.participant._serialized}`;
    }
    if (isSince('2026-08')) this.$1 = serialized;
    else this._serialized = serialized;
  }

  toString(): string {
    return isSince('2026-08') ? this.$1 : this._serialized;
  }

  /** A key of its text. Source: `WAWebMsgKey.fromString`, `WAWebParseMsgKeyString` (jigger@0fbd5e1a). */
  static fromString(text: string): MsgKey {
    const [fromMe, remote, id, ...rest] = text.split('_');
    if (remote === undefined || id === undefined) throw new Error(`invalid message id: ${text}`);
    const participant = rest.find((part) => part !== 'out' && part !== 'in');
    return new MsgKey({
      id,
      fromMe: fromMe === 'true',
      remote: createWid(remote),
      participant: participant === undefined ? undefined : createWid(participant),
    });
  }

  static async newId(): Promise<string> {
    return `3EB0${randomHex(9)}`;
  }
}

function selfOf({ from, to, remote, selfDir, fromMe }: MsgKeyParts): string | undefined {
  if (remote !== undefined && isMe(remote)) return fromMe === true ? 'out' : 'in';
  return from !== undefined && from._serialized === to?._serialized ? selfDir : undefined;
}

export function randomHex(byteCount: number): string {
  return [...randomBytes(byteCount)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

export function randomBytes(byteCount: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(byteCount));
}

export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
