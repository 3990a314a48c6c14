/** A message as it travels between the page and the phone. `id` is WhatsApp's serialized id, `t` in seconds. */
export interface WireMessage {
  readonly id: string;
  /** The part of the id that its sender made, such as 3EB0…. */
  readonly key: string;
  readonly from_me: boolean;
  readonly chat_id: string;
  /** Who wrote it, in a group. */
  readonly author?: string | undefined;
  /** The name that the sender goes by. */
  readonly name?: string | undefined;
  readonly type: string;
  readonly body?: string | undefined;
  readonly t: number;
  readonly ack: number;
  /** Which call of the page's send made it: the same, however often that one is delivered. */
  readonly add?: string | undefined;
  /** Of a message that was deleted for everyone: the id that it had before. */
  readonly revoked_id?: string | undefined;
  /** Every other attribute that outlives the page: caption, media, quoted message, place, poll. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface WireChat {
  readonly id: string;
  readonly name: string;
  readonly unread: number;
}

/** A linked device: the login that the page keeps. */
export interface Device {
  readonly id: string;
  /** The WhatsApp ids of the account: by phone number and by LID. */
  readonly pn: string;
  readonly lid: string;
  readonly pushname: string;
}

export type Fields = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): Fields {
  if (!isRecord(value)) throw new Error(`expected an object, got ${typeof value}`);
  return value;
}

export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${typeof value}`);
  return value;
}

export function textOf(record: Fields, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw new Error(`${name}: expected a text, got ${typeof value}`);
  return value;
}

export function optionalTextOf(record: Fields, name: string): string | undefined {
  return record[name] === undefined || record[name] === null ? undefined : textOf(record, name);
}

export function numberOf(record: Fields, name: string): number {
  const value = record[name];
  if (typeof value !== 'number') throw new Error(`${name}: expected a number, got ${typeof value}`);
  return value;
}

export function textsOf(record: Fields, name: string): readonly string[] {
  return listOf(record[name]).filter((item) => typeof item === 'string');
}

export function parseMessage(value: unknown): WireMessage {
  const record = recordOf(value);
  return {
    id: textOf(record, 'id'),
    key: textOf(record, 'key'),
    from_me: record.from_me === true,
    chat_id: textOf(record, 'chat_id'),
    author: optionalTextOf(record, 'author'),
    name: optionalTextOf(record, 'name'),
    type: textOf(record, 'type'),
    body: optionalTextOf(record, 'body'),
    t: numberOf(record, 't'),
    ack: numberOf(record, 'ack'),
    add: optionalTextOf(record, 'add'),
    revoked_id: optionalTextOf(record, 'revoked_id'),
    details: recordOf(record.details),
  };
}

export function parseChat(value: unknown): WireChat {
  const record = recordOf(value);
  return { id: textOf(record, 'id'), name: textOf(record, 'name'), unread: numberOf(record, 'unread') };
}

export function parseDevice(value: unknown): Device {
  const record = recordOf(value);
  return {
    id: textOf(record, 'id'),
    pn: textOf(record, 'pn'),
    lid: textOf(record, 'lid'),
    pushname: textOf(record, 'pushname'),
  };
}

/** The defaults, with each field of the record that has the type of its default. Other fields are dropped. */
export function likeDefaults<T extends object>(defaults: T, value: unknown): T {
  const record = recordOf(value);
  const known = Object.entries(defaults).flatMap(([name, usual]) => {
    const given = record[name];
    if (Array.isArray(usual)) return Array.isArray(given) ? [[name, textsOf(record, name)]] : [];
    return typeof given === typeof usual ? [[name, given]] : [];
  });
  return Object.assign({ ...defaults }, Object.fromEntries(known));
}
