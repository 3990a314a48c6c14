import { isSince } from '../settings.ts';
import { isRecord } from '../wire.ts';

/** The id of a user, a group or a channel: plain fields, with the methods on the prototype only. */
export class Wid {
  readonly server: string;
  readonly user: string;
  readonly _serialized: string;

  constructor(serialized: string) {
    const at = serialized.indexOf('@');
    this.user = serialized.slice(0, at);
    this.server = serialized.slice(at + 1);
    this._serialized = serialized;
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
  isStatus(): boolean {
    return this._serialized === 'status@broadcast';
  }
  isBroadcast(): boolean {
    return this.server === 'broadcast';
  }
  isNewsletter(): boolean {
    return this.server === 'newsletter';
  }
  toString(): string {
    return this._serialized;
  }
  toJid(): string {
    return this._serialized.replace('@c.us', '@s.whatsapp.net');
  }
}

const WID = /^[\w.:-]+@(c\.us|g\.us|lid|broadcast|newsletter|s\.whatsapp\.net)$/;

/** A Wid of a text or of anything wid-like; throws as the real one does. */
export function createWid(value: unknown): Wid {
  const text = isRecord(value) ? value._serialized : value;
  if (typeof text !== 'string' || !WID.test(text)) throw new Error('wid error: invalid wid');
  return new Wid(text.replace('@s.whatsapp.net', '@c.us'));
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
